"""What Fuse said of each job, held against what the printers have counted."""
import collections


def look_at_job(job: dict, order: dict, truth, storage_files: dict, said: str) -> list:
    """What is wrong with one job that has ended; a list of sentences."""
    wrong, state, name = [], job["state"], f"{job['id']} ({job['state']}, {job['fault'] or 'no fault'})"
    if truth.starts > 1:
        wrong.append(f"{name} was started {truth.starts} times")
    if state == "done" and truth.end != "finished":
        wrong.append(f"{name}: its print {truth.end or 'never ended'}, began {truth.began} times")
    if state == "not-started" and truth.began:
        wrong.append(f"{name} has begun all the same")
    if state == "failed" and not (truth.began and truth.end in ("failed", "cut", "stopped")):
        # Unplugged in the moment of its end it may have finished, and nobody has seen it.
        if not (truth.end == "finished" and job["fault"] == "switched-off"):
            wrong.append(f"{name}: began {truth.began} times, ended {truth.end!r}")
    if state == "cancelled" and truth.began and not truth.end:
        wrong.append(f"{name} prints on")
    if state == "staged" and (truth.starts or job["remotePath"] not in storage_files):
        wrong.append(f"{name}: started {truth.starts} times, its file is {'not ' * (job['remotePath'] not in storage_files)}there")
    if order["stage"] != (state == "staged") and state not in ("cancelled", "not-started"):
        wrong.append(f"{name} was ordered to be {'staged' if order['stage'] else 'printed'}")
    if not job["sentence"]:
        wrong.append(f"{name} has no sentence")
    if said and said != state and not truth.end:
        wrong.append(f"{name}: a person said {said}")
    return wrong


def look_at_all(town, jobs: dict, stories: dict) -> tuple:
    """(what is wrong, how jobs ended as a Counter)."""
    wrong, counts = list(town.words), collections.Counter()
    for printer in town.printers.values():
        wrong += printer.wrong
    orders = [order for order in town.orders.values() if order["id"] not in ("", "gone")]
    by_id = {order["id"]: order for order in orders}
    if len(by_id) != len(orders):
        wrong.append("two orders are one job")
    for lost in set(by_id) - set(jobs):
        wrong.append(f"{lost} is lost")
    for stranger in set(jobs) - set(by_id):
        wrong.append(f"{stranger} was ordered by nobody")
    for job_id, order in by_id.items():
        if job_id not in jobs:
            continue
        job, printer = jobs[job_id], town.printers[order["printer"]]
        truth = printer.truths[str(job["number"])] if job["number"] else type("Truth", (), {"starts": 0, "began": 0, "end": ""})
        counts[f"{job['state']} {job['fault']}".strip() + (" (said by a person)" if job_id in town.said else "")] += 1
        wrong += look_at_job(job, order, truth, printer.storage.files(), town.said.get(job_id, ""))
        story = stories.get(job_id, [])
        times = [step["at"] for step in story]
        if times != sorted(times) or (story and story[0]["state"] != "received"):
            wrong.append(f"{job_id}: its story is out of order")
    wrong += look_at_storages(town, jobs)
    known = {str(job["number"]) for job in [*jobs.values(), *town.gone.values()]}
    for printer in town.printers.values():
        wrong += [f"{printer.serial} was told to print number {number}, which is of no job" for number in printer.truths
                  if number not in known and printer.truths[number].starts]
    return wrong, counts


def look_at_storages(town, jobs: dict) -> list:
    """Nothing lies there but what was to stay."""
    staged = {(job["printer"], job["remotePath"]) for job in jobs.values() if job["state"] == "staged"}
    of_the_lost = tuple(f"-{job}.gcode.3mf" for job in town.gone)  # nobody knows of them any more
    wrong = []
    for serial, printer in town.printers.items():
        for path in printer.storage.files():
            if path.endswith(of_the_lost):
                continue
            if (serial, path) not in staged:
                wrong.append(f"{path} was left on {serial}")
            elif not town.is_whole(printer.storage, path):
                wrong.append(f"{path} on {serial} is not whole")
    return wrong
