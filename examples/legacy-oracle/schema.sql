-- 示例：自来水公司既有营收系统（Oracle）。金额单位元、三位小数；月份 yyyy.MM；标志 Y/N；流水号列只有 20 位。
-- The revenue system of examples/legacy-postgres on Oracle 12.2 or newer. docs/integration.md walks through it.

create table yh_da (                          -- 用户档案 (with the meter's prepaid balance)
  dwbm   varchar2(16) not null,               -- 清算单位
  yhbh   varchar2(20) not null,               -- 户号
  hm     varchar2(100 char) not null,         -- 户名
  dz     varchar2(200 char),                  -- 地址
  lxr    varchar2(50 char),                   -- 联系人
  sjh    varchar2(20),                        -- 手机号
  sfzh   varchar2(18),                        -- 身份证号
  jhh    varchar2(20),                        -- 旧户号
  yyt_bm varchar2(10) default '01',           -- 营业厅
  yyt_mc varchar2(50 char) default '城东营业厅',
  yhlb   varchar2(10) default '01',           -- 用户类别
  zt     char(1) default '1' not null,        -- 1 正常 2 停缴 3 销户
  mznj   char(1) default 'N' not null,        -- 免违约金
  yc_ye  number(14,3) default 0 not null,     -- 预存余额
  constraint yh_da_pk primary key (dwbm, yhbh),
  constraint yh_da_zt check (zt in ('1', '2', '3'))
);
create index yh_da_sjh on yh_da (dwbm, sjh);
create index yh_da_sfzh on yh_da (dwbm, sfzh);
create index yh_da_jhh on yh_da (dwbm, jhh);

create table ys_zd (                          -- 应收主表
  dwbm    varchar2(16) not null,
  ys_id   varchar2(32) not null,
  yhbh    varchar2(20) not null,
  ny      char(7) not null,                   -- 应收年月 yyyy.MM
  fylx    char(2) default 'SF' not null,      -- SF 水费 QT 其他
  sl      number(12,2) default 0 not null,    -- 水量
  je      number(14,3) not null,              -- 应收金额（元）
  scds    number(12,2),                       -- 上次读数
  bcds    number(12,2),                       -- 本次读数
  fp_rq   date not null,                      -- 出账日期
  znj_qsr date not null,                      -- 违约金起算日
  mznj    char(1) default 'N' not null,
  znj_gd  number(14,3),                       -- 核定违约金，优先
  sd_bz   char(1) default 'N' not null,       -- 代扣锁定
  sd_pc   varchar2(40),                       -- 锁定批次
  sd_znj  number(14,3),                       -- 锁定时违约金
  jf_bz   char(1) default 'N' not null,       -- 已缴
  jf_lsh  number(12),
  jf_znj  number(14,3),
  constraint ys_zd_pk primary key (dwbm, ys_id),
  constraint ys_zd_yh_fk foreign key (dwbm, yhbh) references yh_da (dwbm, yhbh),
  constraint ys_zd_ny check (ny like '____.__')
);
create index ys_zd_yh on ys_zd (dwbm, yhbh, jf_bz);
create index ys_zd_fp on ys_zd (dwbm, fp_rq);
create index ys_zd_jf on ys_zd (jf_lsh);

create table ys_mx (                          -- 应收明细
  dwbm varchar2(16) not null,
  ys_id varchar2(32) not null,
  xh   number(4) not null,
  fymc varchar2(50 char) not null,
  dj   number(10,4),
  sl   number(12,2),
  je   number(14,3) not null,
  constraint ys_mx_pk primary key (dwbm, ys_id, xh),
  constraint ys_mx_zd_fk foreign key (dwbm, ys_id) references ys_zd (dwbm, ys_id)
);

create sequence jf_jl_lsh start with 100000001;
create table jf_jl (                          -- 缴费记录
  jf_lsh number(12) not null,
  dwbm   varchar2(16) not null,
  yhbh   varchar2(20) not null,
  jylsh  varchar2(20),                        -- 交易流水号：28 位放不下
  lx     char(2) not null,                    -- JF 缴费 CZ 冲正 TF 退费
  qd     varchar2(4) default 'ZFB' not null,  -- 渠道：ZFB 支付宝 DK 代扣 GT 柜台
  je     number(14,3) not null,
  bj     number(14,3) not null,
  znj    number(14,3) not null,
  yc_bd  number(14,3) not null,               -- 预存变动
  yc_ye  number(14,3) not null,               -- 变动后余额
  jyrq   date not null,                       -- 账务日期
  sjsj   char(14) not null,                   -- 收到时间 yyyyMMddHHmmss
  zffs   varchar2(10),
  yzt    char(1) default 'N' not null,        -- 已退
  ysh    number(12),                          -- 原缴费流水
  bz     varchar2(200 char),
  -- A serial is paid once; what takes a payment back carries its serial, too, and is not of this index.
  jf_wyj varchar2(40) generated always as (case when lx = 'JF' then dwbm || ':' || jylsh end) virtual,
  constraint jf_jl_pk primary key (jf_lsh),
  constraint jf_jl_lx check (lx in ('JF', 'CZ', 'TF')),
  constraint jf_jl_he check (je = bj + znj + yc_bd)
);
create unique index jf_jl_wyj on jf_jl (jf_wyj);
create unique index jf_jl_ysh on jf_jl (ysh);
create index jf_jl_ls on jf_jl (dwbm, jylsh);
create index jf_jl_yh on jf_jl (dwbm, yhbh, jyrq);
create index jf_jl_rq on jf_jl (dwbm, jyrq);

-- 两日之间的天数
create or replace function f_ts(p_qsr date, p_rq date) return number deterministic is
begin
  return trunc(p_rq) - trunc(p_qsr);
end;
/
-- 违约金：每日千分之三，首尾两日都计，不超过本金
create or replace function f_znj(p_je ys_zd.je%type, p_qsr date, p_mznj ys_zd.mznj%type, p_gd ys_zd.znj_gd%type,
  p_sd ys_zd.sd_znj%type, p_yhmznj yh_da.mznj%type, p_rq date) return number is
  ts number(8) := f_ts(p_qsr, p_rq);
begin
  if p_sd is not null then return p_sd; end if;
  if p_gd is not null then return p_gd; end if;
  if p_mznj = 'Y' or p_yhmznj = 'Y' or ts < 0 then return 0; end if;
  return least(round(p_je * 0.003 * (ts + 1), 2), floor(p_je * 100) / 100);
end;
/
-- 销账。p_jgdm：0000 成功 0001 流水已销 1001 户号不存在 1002 销户 1003 停缴 2001 金额不符 2002 账单代扣中 2003 账单已缴 2004 账单不属本户
-- It does not commit: Sluice commits after 0000 and rolls back after anything else.
create or replace procedure p_jf(p_dwbm in yh_da.dwbm%type, p_yhbh in yh_da.yhbh%type, p_jylsh in jf_jl.jylsh%type,
  p_je in jf_jl.je%type, p_jyrq in date, p_znjrq in date, p_sjsj in jf_jl.sjsj%type, p_zd in varchar2,
  p_jegz in varchar2, p_zdgz in varchar2, p_sdgz in varchar2, p_zffs in jf_jl.zffs%type, p_bz in jf_jl.bz%type,
  p_bzh in varchar2, p_jgdm out varchar2, p_lsh out number) is
  yh    yh_da%rowtype;
  v_zd  ys_zd%rowtype;
  v_ids varchar2(4000);
  v_sy  varchar2(4000);
  v_id  varchar2(40);
  v_qt  number(4) := 0;
  v_sf  number(4) := 0;
  n     number(8);
  v_bj  number(14,3) := 0;
  v_znj number(14,3) := 0;
  v_ye  number(14,3);
  v_qk  number(14,3);
  v_f   number(14,3);
  v_n   number(8) := 0;
begin
  p_jgdm := null;
  p_lsh := null;
  begin
    select * into yh from yh_da where dwbm = p_dwbm and yhbh = p_yhbh for update;
  exception
    when no_data_found then p_jgdm := '1001'; return;
  end;
  begin
    select jf_lsh into p_lsh from jf_jl where dwbm = p_dwbm and jylsh = p_jylsh and lx = 'JF';
    p_jgdm := '0001';
    return;
  exception
    when no_data_found then null;
  end;
  if p_bzh = 'N' and yh.zt = '3' then p_jgdm := '1002'; return; end if;
  if p_bzh = 'N' and yh.zt = '2' then p_jgdm := '1003'; return; end if;

  -- 指定账单的费用类型，未指定则水费
  select count(case when fylx = 'QT' then 1 end), count(case when fylx = 'SF' then 1 end) into v_qt, v_sf from ys_zd
    where dwbm = p_dwbm and yhbh = p_yhbh and jf_bz = 'N' and instr(',' || p_zd || ',', ',' || ys_id || ',') > 0;
  if v_qt = 0 then v_sf := 1; end if;

  if p_zdgz = 'byId' and p_zd is not null then
    v_ids := ',' || p_zd || ',';
    v_sy := p_zd || ',';
    while instr(v_sy, ',') > 0 loop
      v_id := substr(v_sy, 1, instr(v_sy, ',') - 1);
      v_sy := substr(v_sy, instr(v_sy, ',') + 1);
      select count(*) into n from ys_zd where dwbm = p_dwbm and ys_id = v_id;
      if n = 0 then
        if p_bzh = 'N' and p_jegz <> 'any' then p_jgdm := '2004'; return; end if;
        -- 任意金额时，未知账单号即“本户任意账单”
        v_ids := null;
        exit;
      end if;
      if p_bzh = 'N' then
        select * into v_zd from ys_zd where dwbm = p_dwbm and ys_id = v_id;
        if v_zd.yhbh <> p_yhbh then p_jgdm := '2004'; return; end if;
        if v_zd.jf_bz = 'Y' then p_jgdm := '2003'; return; end if;
        if v_zd.sd_bz = 'Y' and p_sdgz <> 'allow' then p_jgdm := '2002'; return; end if;
      end if;
    end loop;
  end if;
  if p_sdgz = 'reject1006' and p_bzh = 'N' then
    select count(*) into n from ys_zd where dwbm = p_dwbm and yhbh = p_yhbh and jf_bz = 'N' and sd_bz = 'Y'
      and (v_ids is null or instr(v_ids, ',' || ys_id || ',') > 0);
    if n > 0 then p_jgdm := '2002'; return; end if;
  end if;

  -- How far the money reaches, oldest first.
  v_ye := p_je + yh.yc_ye;
  for z in (select * from ys_zd where dwbm = p_dwbm and yhbh = p_yhbh and jf_bz = 'N'
      and (fylx = 'SF' and v_sf > 0 or fylx = 'QT' and v_qt > 0) and (sd_bz = 'N' or p_sdgz = 'allow')
      and (v_ids is null or instr(v_ids, ',' || ys_id || ',') > 0) order by ny, ys_id for update) loop
    v_f := f_znj(z.je, z.znj_qsr, z.mznj, z.znj_gd, z.sd_znj, yh.mznj, p_znjrq);
    exit when (p_bzh = 'Y' or p_jegz = 'any') and z.je + v_f > v_ye;
    v_ye := v_ye - z.je - v_f;
    v_bj := v_bj + z.je;
    v_znj := v_znj + v_f;
    v_n := v_n + 1;
  end loop;
  v_qk := greatest(v_bj + v_znj - yh.yc_ye, 0);
  if p_bzh = 'N' and (p_jegz = 'atLeastDue' and p_je < v_qk or p_jegz = 'exact' and p_je <> v_qk) then
    p_jgdm := '2001';
    return;
  end if;

  -- The same bills again: they are locked, so the order is the same.
  select jf_jl_lsh.nextval into p_lsh from dual;
  n := 0;
  for z in (select * from ys_zd where dwbm = p_dwbm and yhbh = p_yhbh and jf_bz = 'N'
      and (fylx = 'SF' and v_sf > 0 or fylx = 'QT' and v_qt > 0) and (sd_bz = 'N' or p_sdgz = 'allow')
      and (v_ids is null or instr(v_ids, ',' || ys_id || ',') > 0) order by ny, ys_id) loop
    exit when n >= v_n;
    n := n + 1;
    v_f := f_znj(z.je, z.znj_qsr, z.mznj, z.znj_gd, z.sd_znj, yh.mznj, p_znjrq);
    update ys_zd set jf_bz = 'Y', jf_lsh = p_lsh, jf_znj = v_f, sd_bz = 'N', sd_pc = null, sd_znj = null
    where dwbm = z.dwbm and ys_id = z.ys_id;
  end loop;
  insert into jf_jl (jf_lsh, dwbm, yhbh, jylsh, lx, je, bj, znj, yc_bd, yc_ye, jyrq, sjsj, zffs, bz)
  values (p_lsh, p_dwbm, p_yhbh, p_jylsh, 'JF', p_je, v_bj, v_znj, p_je - v_bj - v_znj, v_ye, p_jyrq, p_sjsj, p_zffs, p_bz);
  update yh_da set yc_ye = v_ye where dwbm = p_dwbm and yhbh = p_yhbh;
  p_jgdm := '0000';
end;
/
-- 冲正、退费。0000 成功 3001 无此缴费 3002 已退 3003 预存已用 3005 金额不符
create or replace procedure p_tf(p_dwbm in jf_jl.dwbm%type, p_jylsh in jf_jl.jylsh%type, p_je in jf_jl.je%type,
  p_lx in jf_jl.lx%type, p_jyrq in date, p_sjsj in jf_jl.sjsj%type, p_tz in varchar2, p_bz in jf_jl.bz%type,
  p_jgdm out varchar2, p_lsh out number) is
  y    jf_jl%rowtype;
  yh   yh_da%rowtype;
  v_ye number(14,3);
begin
  p_jgdm := null;
  p_lsh := null;
  begin
    select * into y from jf_jl where dwbm = p_dwbm and jylsh = p_jylsh and lx = 'JF';
  exception
    when no_data_found then p_jgdm := '3001'; return;
  end;
  -- The account first, as everywhere; then the payment as it is now.
  select * into yh from yh_da where dwbm = y.dwbm and yhbh = y.yhbh for update;
  select * into y from jf_jl where jf_lsh = y.jf_lsh;
  if y.yzt = 'Y' then p_jgdm := '3002'; return; end if;
  if y.je <> p_je then p_jgdm := '3005'; return; end if;
  v_ye := yh.yc_ye - y.yc_bd;
  if y.yc_bd > 0 and v_ye < 0 and p_tz <> 'Y' then p_jgdm := '3003'; return; end if;
  update jf_jl set yzt = 'Y' where jf_lsh = y.jf_lsh;
  update ys_zd set jf_bz = 'N', jf_lsh = null, jf_znj = null where jf_lsh = y.jf_lsh;
  update yh_da set yc_ye = v_ye where dwbm = y.dwbm and yhbh = y.yhbh;
  select jf_jl_lsh.nextval into p_lsh from dual;
  insert into jf_jl (jf_lsh, dwbm, yhbh, jylsh, lx, qd, je, bj, znj, yc_bd, yc_ye, jyrq, sjsj, zffs, ysh, bz)
  values (p_lsh, y.dwbm, y.yhbh, y.jylsh, p_lx, y.qd, -y.je, -y.bj, -y.znj, -y.yc_bd, v_ye, p_jyrq, p_sjsj, y.zffs, y.jf_lsh, p_bz);
  p_jgdm := '0000';
end;
/
-- 代扣锁定与解锁。0000 成功 0001 本批次已锁定 4001 不能。违约金以请求为准，锁定后不再增长
create or replace procedure p_sd(p_dwbm in ys_zd.dwbm%type, p_ys_id in ys_zd.ys_id%type, p_pc in ys_zd.sd_pc%type,
  p_je in ys_zd.je%type, p_znj in ys_zd.sd_znj%type, p_jgdm out varchar2) is
  n number(8);
begin
  update ys_zd set sd_bz = 'Y', sd_pc = p_pc, sd_znj = p_znj
  where dwbm = p_dwbm and ys_id = p_ys_id and je = p_je and jf_bz = 'N' and sd_bz = 'N';
  if sql%rowcount = 1 then p_jgdm := '0000'; return; end if;
  select count(*) into n from ys_zd where dwbm = p_dwbm and ys_id = p_ys_id and jf_bz = 'N' and sd_pc = p_pc;
  if n = 1 then p_jgdm := '0001'; else p_jgdm := '4001'; end if;
end;
/
create or replace procedure p_js(p_dwbm in ys_zd.dwbm%type, p_ys_id in ys_zd.ys_id%type, p_pc in ys_zd.sd_pc%type,
  p_jgdm out varchar2) is
begin
  update ys_zd set sd_bz = 'N', sd_pc = null, sd_znj = null
  where dwbm = p_dwbm and ys_id = p_ys_id and sd_bz = 'Y' and sd_pc = p_pc;
  if sql%rowcount = 1 then p_jgdm := '0000'; else p_jgdm := '4001'; end if;
end;
/
-- 整批解锁，返回解锁的账单数
create or replace procedure p_pjs(p_dwbm in ys_zd.dwbm%type, p_pc in ys_zd.sd_pc%type, p_jgdm out varchar2, p_zds out number) is
begin
  update ys_zd set sd_bz = 'N', sd_pc = null, sd_znj = null where dwbm = p_dwbm and sd_bz = 'Y' and sd_pc = p_pc;
  p_zds := sql%rowcount;
  p_jgdm := '0000';
end;
/
-- 代扣入账。账单未缴且金额够则销账，否则全部转预存。0000 成功 0001 流水已销 1001 户号不存在
create or replace procedure p_dk(p_dwbm in yh_da.dwbm%type, p_yhbh in yh_da.yhbh%type, p_jylsh in jf_jl.jylsh%type,
  p_je in jf_jl.je%type, p_jyrq in date, p_sjsj in jf_jl.sjsj%type, p_ys_id in ys_zd.ys_id%type, p_pc in ys_zd.sd_pc%type,
  p_jgdm out varchar2, p_lsh out number) is
  yh    yh_da%rowtype;
  v_bj  number(14,3) := 0;
  v_znj number(14,3) := 0;
  v_f   number(14,3);
  v_ye  number(14,3);
begin
  p_jgdm := null;
  p_lsh := null;
  begin
    select * into yh from yh_da where dwbm = p_dwbm and yhbh = p_yhbh for update;
  exception
    when no_data_found then p_jgdm := '1001'; return;
  end;
  begin
    select jf_lsh into p_lsh from jf_jl where dwbm = p_dwbm and jylsh = p_jylsh and lx = 'JF';
    p_jgdm := '0001';
    return;
  exception
    when no_data_found then null;
  end;
  select jf_jl_lsh.nextval into p_lsh from dual;
  for z in (select * from ys_zd where dwbm = p_dwbm and ys_id = p_ys_id and yhbh = p_yhbh and jf_bz = 'N' for update) loop
    v_f := f_znj(z.je, z.znj_qsr, z.mznj, z.znj_gd, z.sd_znj, yh.mznj, p_jyrq);
    if z.je + v_f <= p_je then
      v_bj := z.je;
      v_znj := v_f;
      update ys_zd set jf_bz = 'Y', jf_lsh = p_lsh, jf_znj = v_f where dwbm = p_dwbm and ys_id = p_ys_id;
    end if;
  end loop;
  v_ye := yh.yc_ye + p_je - v_bj - v_znj;
  insert into jf_jl (jf_lsh, dwbm, yhbh, jylsh, lx, qd, je, bj, znj, yc_bd, yc_ye, jyrq, sjsj, bz)
  values (p_lsh, p_dwbm, p_yhbh, p_jylsh, 'JF', 'DK', p_je, v_bj, v_znj, p_je - v_bj - v_znj, v_ye, p_jyrq, p_sjsj, p_pc);
  update ys_zd set sd_bz = 'N', sd_pc = null, sd_znj = null where dwbm = p_dwbm and ys_id = p_ys_id and sd_pc = p_pc;
  update yh_da set yc_ye = v_ye where dwbm = p_dwbm and yhbh = p_yhbh;
  p_jgdm := '0000';
end;
/
