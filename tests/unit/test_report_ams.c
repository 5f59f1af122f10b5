/*
 * Units, slots and external spools through full reports and deltas: nothing vanishes that is there, nothing stays that
 * has gone, and the slot that feeds is the right one.
 */
#include "tests/unit/report_rig.h"

#define PLA "'tray_type':'PLA','tray_info_idx':'GFA00','tray_sub_brands':'PLA Basic','tray_color':'FF6A13FF'," \
	    "'tag_uid':'E25173B320E30212','tray_uuid':'1597FC8A3F56EAB5AAEDDE2CF9200AC4','remain':47,"          \
	    "'cols':['FF6A13FF']"
#define FOUR_SLOTS "{'id':'0','tray':[{'id':'0'," PLA "},{'id':'1'," PLA "},{'id':'2'," PLA "},{'id':'3'," PLA "}]}"

/* -- merging ----------------------------------------------------------------------------------- */

static void
trays_do_not_vanish_after_a_delta(void **state)
{
	(void)state;
	full_ams("'ams':[" FOUR_SLOTS ",{'id':'128','tray':[{'id':'0'," PLA "}]}],'ams_exist_bits':'11',"
		 "'tray_exist_bits':'1000f'");
	delta_ams("'ams':[{'id':'0','humidity':'4','tray':[{'id':'2','remain':46}]}]");
	assert_int_equal(printer.ams_count, 2);
	assert_int_equal(unit(0)->tray_count, 4);
	assert_int_equal(slot(0, 2)->remain_percent, 46);
	assert_string_equal(slot(0, 2)->material, "PLA");
	assert_int_equal(slot(0, 1)->remain_percent, 47);
	assert_int_equal(unit(0)->humidity_index, 4);
	assert_int_equal(unit(128)->humidity_index, STATE_UNKNOWN);
	assert_string_equal(slot(128, 0)->brand, "PLA Basic");
}

static void
scalars_alone_keep_the_units(void **state)
{
	(void)state;
	full_ams("'ams':[" FOUR_SLOTS "],'ams_exist_bits':'1','tray_exist_bits':'f','tray_now':'255'");
	delta_ams("'ams_exist_bits':'1','tray_exist_bits':'d','tray_now':'0','version':4");
	assert_int_equal(unit(0)->tray_count, 4);
	assert_int_equal(slot(0, 0)->fill, TRAY_LOADED);
	assert_int_equal(slot(0, 1)->fill, TRAY_REMEMBERED);
	assert_int_equal(printer.active_ams, 0);
	assert_int_equal(printer.active_slot, 0);
}

static void
an_empty_list_with_exist_bits_is_a_re_read(void **state)
{
	(void)state;
	full_ams("'ams':[" FOUR_SLOTS "],'ams_exist_bits':'1','tray_exist_bits':'f'");
	full_ams("'ams':[],'ams_exist_bits':'1','tray_exist_bits':'f'");
	assert_int_equal(unit(0)->tray_count, 4);
	assert_int_equal(slot(0, 3)->fill, TRAY_LOADED);
	/* Without bits an empty list says nothing either. */
	full_ams("'ams':[]");
	assert_int_equal(printer.ams_count, 1);
	fresh(state);
	full_ams("'ams':[{'id':'0'}]");
	full_ams("'ams':[]");
	assert_int_equal(printer.ams_count, 1);
}

static void
an_unplugged_unit_goes(void **state)
{
	(void)state;
	full_ams("'ams':[" FOUR_SLOTS ",{'id':'1'},{'id':'128'}],'ams_exist_bits':'13','tray_exist_bits':'f'");
	assert_int_equal(printer.ams_count, 3);
	delta_ams("'ams_exist_bits':'11'");
	assert_int_equal(printer.ams_count, 2);
	assert_int_equal(unit(128)->id, 128);
	delta_ams("'ams_exist_bits':'1'");
	assert_int_equal(printer.ams_count, 1);
	assert_int_equal(slot(0, 3)->fill, TRAY_LOADED);
	delta_ams("'ams':[],'ams_exist_bits':'0','tray_exist_bits':'0','power_on_flag':true");
	assert_int_equal(printer.ams_count, 0);
}

static void
a_full_list_without_bits_is_the_whole_truth(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'0'},{'id':'1'},{'id':'16'}]");
	delta_ams("'ams':[{'id':'0'}]");
	assert_int_equal(printer.ams_count, 3);
	full_ams("'ams':[{'id':'1'}]");
	assert_int_equal(printer.ams_count, 1);
	assert_int_equal(printer.ams[0].id, 1);
}

static void
all_zero_bits_without_power_are_held_and_believed_when_they_last(void **state)
{
	(void)state;
	full_ams("'ams':[" FOUR_SLOTS "],'ams_exist_bits':'1','tray_exist_bits':'f','power_on_flag':false");
	full_ams("'ams':[],'ams_exist_bits':'0','tray_exist_bits':'0','power_on_flag':false");
	assert_int_equal(unit(0)->tray_count, 4);
	assert_int_equal(slot(0, 0)->fill, TRAY_LOADED);
	assert_int_equal(printer.tray_exist_bits, 0xf);
	now_ms += 59999;
	delta_ams("'tray_exist_bits':'0','ams_exist_bits':'0'");
	assert_int_equal(printer.ams_count, 1);
	/* A word to the contrary starts the wait anew. */
	delta_ams("'ams_exist_bits':'1','tray_exist_bits':'0'");
	assert_int_equal(slot(0, 0)->fill, TRAY_REMEMBERED);
	now_ms += 10;
	delta_ams("'tray_exist_bits':'0','ams_exist_bits':'0'");
	assert_int_equal(printer.ams_count, 1);
	/* A clock that was set back starts it anew, too. */
	now_ms -= 1000;
	delta_ams("'tray_exist_bits':'0','ams_exist_bits':'0'");
	now_ms += 59999;
	delta_ams("'tray_exist_bits':'0','ams_exist_bits':'0'");
	assert_int_equal(printer.ams_count, 1);
	now_ms += 1;
	delta_ams("'tray_exist_bits':'0','ams_exist_bits':'0'");
	assert_int_equal(printer.ams_count, 0);
}

static void
units_stand_in_the_order_of_their_ids(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'128'},{'id':'2'},{'id':'0'},{'id':1},{'id':'16'}]");
	assert_int_equal(printer.ams_count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(printer.ams[i].id, ((const int32_t[]){ 0, 1, 2, 16, 128 })[i]);
	/* Without an id nothing can be placed. */
	delta_ams("'ams':[{'humidity':'1'},{'id':'','humidity':'1'},{'id':'300'},'x',7,null,[],{'id':254}]");
	assert_int_equal(printer.ams_count, 5);
}

/* -- emptied slots ------------------------------------------------------------------------------ */

static void
a_slot_that_shrinks_in_a_full_report_has_lost_its_spool(void **state)
{
	static const char *const shrunk[] = { "{'id':'1','state':8}", "{'id':'1','state':9}", "{'id':'1','state':10}",
					      "{'id':'1','state':0}", "{'id':'1'}" };
	char members[2048];

	(void)state;
	for (unsigned i = 0; i < STR_ARRAY_LEN(shrunk); i++) {
		full_ams("'ams':[" FOUR_SLOTS "],'ams_exist_bits':'1','tray_exist_bits':'f'");
		assert_string_equal(slot(0, 1)->material, "PLA");
		str_format(members, sizeof members, "'ams':[{'id':'0','tray':[%s]}],'ams_exist_bits':'1',"
						    "'tray_exist_bits':'d'",
			   shrunk[i]);
		full_ams(members);
		const struct tray *tray = slot(0, 1);
		assert_int_equal(tray->fill, TRAY_EMPTY);
		assert_string_equal(tray->material, "");
		assert_string_equal(tray->spool, "");
		assert_string_equal(tray->color, "");
		assert_int_equal(tray->color_count, 0);
		assert_int_equal(tray->remain_percent, STATE_UNKNOWN);
		assert_string_equal(slot(0, 0)->material, "PLA");
	}
}

static void
in_a_delta_a_slot_is_emptied_by_its_state_or_its_bit(void **state)
{
	(void)state;
	full_ams("'ams':[" FOUR_SLOTS "],'ams_exist_bits':'1','tray_exist_bits':'f'");
	delta_ams("'ams':[{'id':'0','tray':[{'id':'0','state':11},{'id':'1','state':8},{'id':'2','state':9},"
		  "{'id':'3'}]}]");
	assert_string_equal(slot(0, 0)->material, "PLA");
	assert_string_equal(slot(0, 1)->material, "");
	assert_string_equal(slot(0, 2)->material, "");
	assert_string_equal(slot(0, 3)->material, "PLA");
	delta_ams("'ams':[{'id':'0','tray':[{'id':'3'}]}],'tray_exist_bits':'1'");
	assert_string_equal(slot(0, 3)->material, "");
	assert_int_equal(slot(0, 3)->fill, TRAY_EMPTY);
	assert_int_equal(slot(0, 0)->fill, TRAY_LOADED);
}

static void
a_slot_that_says_that_it_is_empty_outweighs_an_older_bit(void **state)
{
	(void)state;
	full_ams("'ams':[" FOUR_SLOTS "],'ams_exist_bits':'1','tray_exist_bits':'f'");
	delta_ams("'ams':[{'id':'0','tray':[{'id':'1','state':8},{'id':'2','state':10}]}]");
	assert_int_equal(slot(0, 0)->fill, TRAY_LOADED);
	assert_int_equal(slot(0, 1)->fill, TRAY_EMPTY);
	assert_int_equal(slot(0, 2)->fill, TRAY_REMEMBERED);
	delta("'bed_temper':20");
	assert_int_equal(slot(0, 1)->fill, TRAY_EMPTY);
	/* Told together, the bit counts, and so does a later one. */
	delta_ams("'ams':[{'id':'0','tray':[{'id':'0','state':8}]}],'tray_exist_bits':'f'");
	assert_int_equal(slot(0, 0)->fill, TRAY_UNREAD);
	assert_int_equal(slot(0, 2)->fill, TRAY_LOADED);
}

static void
an_ht_has_its_own_bit_and_state_nine_means_loaded(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'128','info':'2004','tray':[{'id':'0','state':9," PLA "}]},"
		 "{'id':'129','info':'2004','tray':[{'id':'0','state':9}]}],'ams_exist_bits':'30',"
		 "'tray_exist_bits':'30000'");
	assert_int_equal(slot(128, 0)->fill, TRAY_LOADED);
	assert_int_equal(slot(129, 0)->fill, TRAY_UNREAD);
	delta_ams("'ams':[{'id':'128','tray':[{'id':'0','state':9}]}]");
	assert_string_equal(slot(128, 0)->material, "PLA");
	/* It clears, by bit 16 + (id - 128). */
	full_ams("'ams':[{'id':'128','tray':[{'id':'0','state':10}]},{'id':'129','tray':[{'id':'0','state':9}]}],"
		 "'ams_exist_bits':'30','tray_exist_bits':'20000'");
	assert_int_equal(slot(128, 0)->fill, TRAY_EMPTY);
	assert_int_equal(slot(129, 0)->fill, TRAY_UNREAD);
}

static void
the_lite_of_an_a2l_counts_from_bit_24(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'16','info':'1002','tray':[{'id':'0'," PLA "},{'id':'1'," PLA "},{'id':'2'},"
		 "{'id':'3'}]}],"
		 "'ams_exist_bits':'1000','tray_exist_bits':'6000000','tray_now':'1'");
	assert_int_equal(unit(16)->kind, AMS_KIND_LITE);
	assert_int_equal(slot(16, 0)->fill, TRAY_REMEMBERED);
	assert_int_equal(slot(16, 1)->fill, TRAY_LOADED);
	assert_int_equal(slot(16, 2)->fill, TRAY_UNREAD);
	assert_int_equal(slot(16, 3)->fill, TRAY_EMPTY);
	assert_int_equal(printer.active_ams, 16);
	assert_int_equal(printer.active_slot, 1);
	delta_ams("'ams':[{'id':'0'}]");
	assert_int_equal(printer.active_ams, 0);
}

static void
a_slot_whose_tag_is_being_read_says_so(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'0','tray':[{'id':'0'},{'id':'1'}]}],'tray_exist_bits':'1','tray_reading_bits':'3',"
		 "'tray_read_done_bits':'0'");
	assert_int_equal(slot(0, 0)->fill, TRAY_READING);
	assert_int_equal(slot(0, 1)->fill, TRAY_EMPTY);
}

static void
without_bits_the_state_of_the_slot_must_do(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'0','tray':[{'id':'0','state':8},{'id':'1','state':10,'tray_type':'PLA'},{'id':'2',"
		 "'state':11},"
		 "{'id':'3'}]},{'id':'1','tray':[{'id':'0','tray_type':'PETG'}]}]");
	assert_int_equal(slot(0, 0)->fill, TRAY_EMPTY);
	assert_int_equal(slot(0, 1)->fill, TRAY_REMEMBERED);
	assert_int_equal(slot(0, 2)->fill, TRAY_UNREAD);
	assert_int_equal(slot(0, 3)->fill, TRAY_UNKNOWN);
	assert_int_equal(slot(1, 0)->fill, TRAY_LOADED);
}

/* -- what a slot tells --------------------------------------------------------------------------- */

static void
what_is_left_is_only_known_of_a_spool_with_a_tag(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'0','tray':[{'id':'0'," PLA "},"
		 "{'id':'1','tray_type':'PLA','remain':100,'tag_uid':'0000000000000000',"
		 "'tray_uuid':'00000000000000000000000000000000'},"
		 "{'id':'2','tray_type':'PLA','remain':-1,'tray_uuid':'1597FC8A3F56EAB5AAEDDE2CF9200AC4'},"
		 "{'id':'3','tray_type':'PLA','remain':'0','tray_uuid':'1597FC8A3F56EAB5AAEDDE2CF9200AC4'}]}]");
	assert_int_equal(slot(0, 0)->remain_percent, 47);
	assert_int_equal(slot(0, 1)->remain_percent, STATE_UNKNOWN);
	assert_string_equal(slot(0, 1)->tag, "");
	assert_string_equal(slot(0, 1)->spool, "");
	assert_int_equal(slot(0, 2)->remain_percent, STATE_UNKNOWN);
	assert_int_equal(slot(0, 3)->remain_percent, 0);
	delta_ams("'ams':[{'id':'0','tray':[{'id':'0','remain':-1}]}]");
	assert_int_equal(slot(0, 0)->remain_percent, STATE_UNKNOWN);
	delta_ams("'ams':[{'id':'0','tray':[{'id':'0','remain':46},{'id':'0','remain':'101'}]}]");
	assert_int_equal(slot(0, 0)->remain_percent, 46);
	/* The tag goes, and with it the knowledge. */
	delta_ams("'ams':[{'id':'0','tray':[{'id':'0','tag_uid':'0000000000000000','tray_uuid':'00'}]}]");
	assert_int_equal(slot(0, 0)->remain_percent, STATE_UNKNOWN);
}

static void
numbers_that_say_not_known_are_not_known(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'0','humidity':'0','humidity_raw':'0','temp':'0.0','dry_time':0,'tray':[{'id':'0',"
		 "'tray_type':'PLA',"
		 "'nozzle_temp_min':'0','nozzle_temp_max':'0','tray_weight':'0','tray_temp':'0','tray_time':'0',"
		 "'tray_color':'00000000'}]},"
		 "{'id':'1','humidity':5,'humidity_raw':'8','temp':26.2,'dry_time':'583','tray':[{'id':'0',"
		 "'tray_type':'PLA',"
		 "'nozzle_temp_min':'190','nozzle_temp_max':230,'tray_weight':'1000','drying_temp':'55',"
		 "'drying_time':'8',"
		 "'tray_color':'ff6a13','cols':['FF6A13FF','','00ae42ff',7,'nonsense']}]}]");
	assert_int_equal(unit(0)->humidity_index, STATE_UNKNOWN);
	assert_int_equal(unit(0)->humidity_percent, STATE_UNKNOWN);
	assert_true(isnan(unit(0)->temperature_celsius));
	assert_int_equal(unit(0)->dry_remaining_minutes, 0);
	assert_int_equal(slot(0, 0)->nozzle_min_celsius, STATE_UNKNOWN);
	assert_int_equal(slot(0, 0)->weight_g, STATE_UNKNOWN);
	assert_int_equal(slot(0, 0)->dry_celsius, STATE_UNKNOWN);
	assert_string_equal(slot(0, 0)->color, "");
	assert_int_equal(unit(1)->humidity_index, 5);
	assert_int_equal(unit(1)->humidity_percent, 8);
	assert_float_equal(unit(1)->temperature_celsius, 26.2, 1e-9);
	assert_int_equal(unit(1)->dry_remaining_minutes, 583);
	const struct tray *tray = slot(1, 0);
	assert_int_equal(tray->nozzle_min_celsius, 190);
	assert_int_equal(tray->nozzle_max_celsius, 230);
	assert_int_equal(tray->weight_g, 1000);
	assert_int_equal(tray->dry_celsius, 55);
	assert_int_equal(tray->dry_hours, 8);
	assert_string_equal(tray->color, "FF6A13FF");
	assert_int_equal(tray->color_count, 2);
	assert_string_equal(tray->colors[1], "00AE42FF");
}

static void
colours_of_a_spool_are_replaced_not_added(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'0','tray':[{'id':'0','tray_type':'PLA','cols':['FF0000FF','00FF00FF','0000FFFF',"
		 "'FFFFFFFF','000000FF']}]}]");
	assert_int_equal(slot(0, 0)->color_count, STATE_COLORS_MAX);
	delta_ams("'ams':[{'id':'0','tray':[{'id':'0','cols':['123456FF']}]}]");
	assert_int_equal(slot(0, 0)->color_count, 1);
	assert_string_equal(slot(0, 0)->colors[0], "123456FF");
}

static void
the_kind_is_read_off_info_then_the_module_list_then_the_id(void **state)
{
	(void)state;
	said("{'info':{'command':'get_version','module':[{'name':'ota'},{'name':'ams_f1/0'},{'name':'n3f/2'},"
	     "{'name':'n3s/3'}]}}");
	full_ams("'ams':[{'id':'0'},{'id':'1'},{'id':'2'},{'id':'3','info':'1101'},{'id':'128'},{'id':'129',"
		 "'info':'142023'},"
		 "{'id':'130','info':'E0F'}]");
	assert_int_equal(unit(0)->kind, AMS_KIND_LITE);
	assert_int_equal(unit(1)->kind, AMS_KIND_AMS);
	assert_int_equal(unit(2)->kind, AMS_KIND_PRO2);
	assert_int_equal(unit(3)->kind, AMS_KIND_AMS);
	assert_int_equal(unit(3)->extruder, 1);
	assert_int_equal(unit(128)->kind, AMS_KIND_HT);
	assert_int_equal(unit(129)->kind, AMS_KIND_PRO2);
	assert_int_equal(unit(129)->dry_state, 2);
	assert_int_equal(unit(129)->extruder, 0);
	assert_int_equal(unit(130)->kind, AMS_KIND_HT);
	assert_int_equal(unit(130)->extruder, STATE_UNKNOWN);
	assert_int_equal(unit(0)->extruder, STATE_UNKNOWN);
}

static void
the_module_list_may_come_after_the_units(void **state)
{
	(void)state;
	full_ams("'ams':[{'id':'0'},{'id':'1','info':'1003'}]");
	assert_int_equal(unit(0)->kind, AMS_KIND_AMS);
	said("{'info':{'command':'get_version','module':[{'name':'ams_f1/0'},{'name':'ams/1'}]}}");
	assert_int_equal(unit(0)->kind, AMS_KIND_LITE);
	assert_int_equal(unit(1)->kind, AMS_KIND_PRO2);
}

/* -- external spools ------------------------------------------------------------------------------ */

static void
the_virtual_slots_outweigh_the_virtual_tray(void **state)
{
	(void)state;
	delta("'vt_tray':{'id':'254','tray_type':'ABS'}");
	assert_int_equal(printer.external_count, 1);
	assert_int_equal(printer.external[0].id, 254);
	assert_int_equal(printer.external[0].fill, TRAY_LOADED);
	delta("'vt_tray':{'id':'255','tray_type':'TPU'},'vir_slot':[{'id':'255','tray_type':'PETG'},{'id':'254'}]");
	assert_int_equal(printer.external_count, 2);
	assert_int_equal(printer.external[0].id, 254);
	assert_string_equal(printer.external[0].material, "");
	assert_int_equal(printer.external[0].fill, TRAY_UNKNOWN);
	assert_string_equal(printer.external[1].material, "PETG");
	delta("'vt_tray':{'id':'255','tray_type':'TPU'}");
	assert_string_equal(printer.external[1].material, "PETG");
	delta("'vir_slot':[{'id':'255','tray_color':'11223344'}]");
	assert_string_equal(printer.external[1].material, "PETG");
	assert_string_equal(printer.external[1].color, "11223344");
	delta("'vir_slot':[{'id':'3','tray_type':'X'},{'id':'253','tray_type':'X'}]");
	assert_int_equal(printer.external_count, 2);
}

static void
the_virtual_tray_is_one_spool_whatever_its_id(void **state)
{
	(void)state;
	full("'vt_tray':{'id':'254','tray_type':'ABS','remain':0}");
	full("'vt_tray':{'id':'255','tray_type':'TPU'}");
	assert_int_equal(printer.external_count, 1);
	assert_string_equal(printer.external[0].material, "TPU");
	assert_int_equal(printer.external[0].remain_percent, STATE_UNKNOWN);
}

/* -- what feeds ------------------------------------------------------------------------------------ */

static void
expect_active(int32_t ams, int32_t slot_id)
{
	assert_int_equal(printer.active_ams, ams);
	assert_int_equal(printer.active_slot, slot_id);
}

static void
the_virtual_tray_is_merged_without_its_id(void **state)
{
	(void)state;
	full("'vt_tray':{'id':'255','tray_type':'ABS','tray_color':'FF0000FF'}");
	delta("'vt_tray':{'tray_type':'PETG'}");
	assert_int_equal(printer.external_count, 1);
	assert_int_equal(printer.external[0].id, 255);
	assert_string_equal(printer.external[0].material, "PETG");
	assert_string_equal(printer.external[0].color, "FF0000FF");
	delta("'vt_tray':{}");
	assert_string_equal(printer.external[0].material, "PETG");
	fresh(state);
	full("'vt_tray':{'tray_type':'TPU'}");
	assert_int_equal(printer.external[0].id, 254);
	assert_string_equal(printer.external[0].material, "TPU");
}

static void
one_nozzle_counts_slots_through(void **state)
{
	(void)state;
	delta_ams("'tray_now':'255'");
	expect_active(STATE_UNKNOWN, STATE_UNKNOWN);
	delta_ams("'tray_now':'6'");
	expect_active(1, 2);
	delta_ams("'tray_now':15");
	expect_active(3, 3);
	delta_ams("'tray_now':'129'");
	expect_active(129, 0);
	delta_ams("'tray_now':'254'");
	expect_active(254, 0);
	delta("'vir_slot':[{'id':'255','tray_type':'PLA'}]");
	expect_active(255, 0);
	delta_ams("'tray_now':'77'");
	expect_active(STATE_UNKNOWN, STATE_UNKNOWN);
}

#define TWO_NOZZLES(state, right, left)                                                                       \
	"'device':{'extruder':{'info':[{'id':0,'info':10,'snow':" right "},{'id':1,'info':8,'snow':" left "}]," \
	"'state':" state "}}"

static void
two_nozzles_are_read_off_snow(void **state)
{
	(void)state;
	delta("'ams':{'tray_now':'0'}," TWO_NOZZLES("2", "32768", "65279"));
	expect_active(128, 0);
	assert_int_equal(printer.extruders[0].ams_id, 128);
	assert_int_equal(printer.extruders[1].ams_id, STATE_UNKNOWN);
	/* The other one becomes active; it has none. */
	delta("'device':{'extruder':{'state':274}}");
	assert_int_equal(printer.active_extruder, 1);
	expect_active(STATE_UNKNOWN, STATE_UNKNOWN);
	delta(TWO_NOZZLES("274", "32768", "258"));
	expect_active(1, 2);
	/* While they switch, the one before counts. */
	delta("'device':{'extruder':{'state':498}}");
	assert_int_equal(printer.active_extruder, 1);
	expect_active(1, 2);
	/* A slot that is none. */
	delta(TWO_NOZZLES("2", "255", "65535"));
	expect_active(STATE_UNKNOWN, STATE_UNKNOWN);
	/* External: right 0xFF00, left 0xFE00; or 0xFEFF with filament in the extruder. */
	delta(TWO_NOZZLES("2", "65280", "65024"));
	expect_active(255, 0);
	delta("'device':{'extruder':{'state':18}}");
	expect_active(254, 0);
	delta("'device':{'extruder':{'info':[{'id':1,'snow':65279,'info':10}]}}");
	expect_active(254, 0);
	delta("'device':{'extruder':{'info':[{'id':1,'info':8}]}}");
	expect_active(STATE_UNKNOWN, STATE_UNKNOWN);
	delta("'device':{'extruder':{'info':[{'id':1,'snow':65535,'info':10}]}}");
	expect_active(STATE_UNKNOWN, STATE_UNKNOWN);
}

static void
a_local_slot_of_two_nozzles_is_not_guessed_at(void **state)
{
	(void)state;
	delta("'ams':{'tray_now':'1'},'device':{'extruder':{'info':[{'id':0},{'id':1}],'state':2}}");
	expect_active(STATE_UNKNOWN, STATE_UNKNOWN);
}

static void
snow_counts_with_one_nozzle_too(void **state)
{
	(void)state;
	/* P2S with two units: tray_now is local. */
	delta("'ams':{'tray_now':'2'},'device':{'extruder':{'info':[{'id':0,'snow':258}],'state':1}}");
	expect_active(1, 2);
	/* Nothing by snow, external by tray_now. */
	delta("'ams':{'tray_now':'254'},'device':{'extruder':{'info':[{'id':0,'snow':65535}],'state':1}}");
	expect_active(254, 0);
}

static void
a_slot_without_a_spool_does_not_feed(void **state)
{
	(void)state;
	full("'ams':{'ams':[{'id':'0','tray':[{'id':'0'},{'id':'1'," PLA "}]}],'ams_exist_bits':'1',"
	     "'tray_exist_bits':'2','tray_now':'0'},"
	     "'vir_slot':[{'id':'255','tray_type':'TPU'}],'device':{'extruder':{'info':[{'id':0,'info':10,'snow':0}],"
	     "'state':1}}");
	expect_active(255, 0);
	delta_ams("'tray_exist_bits':'3'");
	expect_active(0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORY(trays_do_not_vanish_after_a_delta),
		STORY(scalars_alone_keep_the_units),
		STORY(an_empty_list_with_exist_bits_is_a_re_read),
		STORY(an_unplugged_unit_goes),
		STORY(a_full_list_without_bits_is_the_whole_truth),
		STORY(all_zero_bits_without_power_are_held_and_believed_when_they_last),
		STORY(units_stand_in_the_order_of_their_ids),
		STORY(a_slot_that_shrinks_in_a_full_report_has_lost_its_spool),
		STORY(in_a_delta_a_slot_is_emptied_by_its_state_or_its_bit),
		STORY(a_slot_that_says_that_it_is_empty_outweighs_an_older_bit),
		STORY(an_ht_has_its_own_bit_and_state_nine_means_loaded),
		STORY(the_lite_of_an_a2l_counts_from_bit_24),
		STORY(a_slot_whose_tag_is_being_read_says_so),
		STORY(without_bits_the_state_of_the_slot_must_do),
		STORY(what_is_left_is_only_known_of_a_spool_with_a_tag),
		STORY(numbers_that_say_not_known_are_not_known),
		STORY(colours_of_a_spool_are_replaced_not_added),
		STORY(the_kind_is_read_off_info_then_the_module_list_then_the_id),
		STORY(the_module_list_may_come_after_the_units),
		STORY(the_virtual_slots_outweigh_the_virtual_tray),
		STORY(the_virtual_tray_is_one_spool_whatever_its_id),
		STORY(the_virtual_tray_is_merged_without_its_id),
		STORY(one_nozzle_counts_slots_through),
		STORY(two_nozzles_are_read_off_snow),
		STORY(a_local_slot_of_two_nozzles_is_not_guessed_at),
		STORY(snow_counts_with_one_nozzle_too),
		STORY(a_slot_without_a_spool_does_not_feed),
	};

	return cmocka_run_group_tests(tests, NULL, gone);
}
