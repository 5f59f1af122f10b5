# bash completion for fusectl. Installed as bash-completion's file for it; `fusectl completion bash` prints
# the same. What may come next is known to fusectl itself, so this only asks.
#
# Candidates are taken as they come: they never go through `compgen -W`, which would let the shell expand them.

_fusectl()
{
	local cur=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD - 1]}

	local option=$before

	# Names of files are the shell's own business.
	if [[ $before == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	if [[ $option == --socket || $option == --code-file || $option == --from || $option == --raw-json ||
		$before == codes ]]; then
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
	fi
	mapfile -t COMPREPLY < <("$1" completion-words "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
	# A value follows at once.
	if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
		compopt -o nospace
	fi
}

complete -F _fusectl fusectl
