/** Words that cannot be a plain name on at least one of the four databases (their own lists of reserved words). */
const lists = {
  oracle: `
    access add all alter and any as asc audit between by char check cluster column column_value comment
    compress connect create current date decimal default delete desc distinct drop else exclusive exists
    file float for from grant group having identified immediate in increment index initial insert integer
    intersect into is level like lock long maxextents minus mlslabel mode modify nested_table_id noaudit
    nocompress not nowait null number of offline on online option or order pctfree prior public raw
    rename resource revoke row rowid rownum rows select session set share size smallint start successful
    synonym sysdate table then to trigger uid union unique update user validate values varchar varchar2
    view whenever where with`,
  postgres: `
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
    collation column concurrently constraint create cross current_catalog current_date current_role
    current_schema current_time current_timestamp current_user default deferrable desc distinct do else
    end except false fetch for foreign freeze from full grant group having ilike in initially inner
    intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not
    notnull null offset on only or order outer overlaps placing primary references returning right select
    session_user similar some symmetric table tablesample then to trailing true union unique user using
    variadic verbose when where window with`,
  mysql: `
    accessible add all alter analyze and as asc asensitive before between bigint binary blob both by call
    cascade case change char character check collate column condition constraint continue convert create
    cross cube cume_dist current_date current_role current_time current_timestamp current_user cursor
    database databases day_hour day_microsecond day_minute day_second dec decimal declare default delayed
    delete dense_rank desc describe deterministic distinct distinctrow div do_domain_ids double drop dual
    each else elseif empty enclosed escaped except exists exit explain false fetch first_value float
    float4 float8 for force foreign from fulltext function general generated get grant group grouping
    groups having high_priority hour_microsecond hour_minute hour_second if ignore ignore_domain_ids
    ignore_server_ids in index infile inner inout insensitive insert int int1 int2 int3 int4 int8 integer
    intersect interval into io_after_gtids io_before_gtids is iterate join json_table key keys kill lag
    last_value lateral lead leading leave left like limit linear lines load localtime localtimestamp lock
    long longblob longtext loop low_priority manual master_bind master_heartbeat_period
    master_ssl_verify_server_cert match maxvalue mediumblob mediumint mediumtext middleint
    minute_microsecond minute_second mod modifies natural no_write_to_binlog not nth_value ntile null
    numeric of offset on optimize optimizer_costs option optionally or order out outer outfile over
    page_checksum parallel parse_vcol_expr partition percent_rank precision primary procedure purge
    qualify range rank read reads read_write real recursive ref_system_id references regexp release
    rename repeat replace require resignal restrict return returning revoke right rlike row row_number
    rows schema schemas second_microsecond select sensitive separator set show signal slow smallint
    spatial specific sql sqlexception sqlstate sqlwarning sql_big_result sql_calc_found_rows
    sql_small_result ssl starting stats_auto_recalc stats_persistent stats_sample_pages stored
    straight_join system table tablesample terminated then tinyblob tinyint tinytext to trailing trigger
    true undo union unique unlock unsigned update usage use using utc_date utc_time utc_timestamp values
    varbinary varchar varcharacter varying virtual when where while window with write xor year_month
    zerofill`,
  sqlite: `
    add all alter and as autoincrement between case check collate commit constraint create default
    deferrable delete distinct drop else escape exists foreign from group having if in index insert
    intersect into is isnull join limit not nothing notnull null on or order primary references returning
    select set table then to transaction union unique update using values when where`,
};
export const reservedWords: ReadonlyMap<string, string> = new Map(
  Object.entries(lists).flatMap(([database, words]) =>
    words.split(/\s+/).map((word) => [word, database] as const),
  ),
);
