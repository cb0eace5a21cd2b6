-- 示例：自来水公司既有营收系统（PostgreSQL）。金额单位元、三位小数；月份 yyyy.MM；标志 Y/N；流水号列只有 20 位。
-- An example of a revenue system that a utility already has. docs/integration.md walks through it.

create table yh_da (                          -- 用户档案 (with the meter's prepaid balance)
  dwbm   varchar(16) not null,                -- 清算单位
  yhbh   varchar(20) not null,                -- 户号
  hm     varchar(100) not null,               -- 户名
  dz     varchar(200),                        -- 地址
  lxr    varchar(50),                         -- 联系人
  sjh    varchar(20),                         -- 手机号
  sfzh   varchar(18),                         -- 身份证号
  jhh    varchar(20),                         -- 旧户号
  yyt_bm varchar(10) default '01',            -- 营业厅
  yyt_mc varchar(50) default '城东营业厅',
  yhlb   varchar(10) default '01',            -- 用户类别
  zt     char(1) not null default '1' check (zt in ('1', '2', '3')),   -- 1 正常 2 停缴 3 销户
  mznj   char(1) not null default 'N' check (mznj in ('Y', 'N')),      -- 免违约金
  yc_ye  numeric(14,3) not null default 0,    -- 预存余额
  primary key (dwbm, yhbh)
);
create index yh_da_sjh on yh_da (dwbm, sjh);
create index yh_da_sfzh on yh_da (dwbm, sfzh);
create index yh_da_jhh on yh_da (dwbm, jhh);

create table ys_zd (                          -- 应收主表
  dwbm    varchar(16) not null,
  ys_id   varchar(32) not null,
  yhbh    varchar(20) not null,
  ny      char(7) not null check (ny ~ '^\d{4}\.\d{2}$'),              -- 应收年月 yyyy.MM
  fylx    char(2) not null default 'SF' check (fylx in ('SF', 'QT')),  -- SF 水费 QT 其他
  sl      numeric(12,2) not null default 0,   -- 水量
  je      numeric(14,3) not null,             -- 应收金额（元）
  scds    numeric(12,2), bcds numeric(12,2),  -- 上次、本次读数
  fp_rq   date not null,                      -- 出账日期
  znj_qsr date not null,                      -- 违约金起算日
  mznj    char(1) not null default 'N' check (mznj in ('Y', 'N')),
  znj_gd  numeric(14,3),                      -- 核定违约金，优先
  sd_bz   char(1) not null default 'N' check (sd_bz in ('Y', 'N')),    -- 代扣锁定
  sd_pc   varchar(40), sd_znj numeric(14,3),  -- 锁定批次、锁定时违约金
  jf_bz   char(1) not null default 'N' check (jf_bz in ('Y', 'N')),    -- 已缴
  jf_lsh  bigint, jf_znj numeric(14,3),
  primary key (dwbm, ys_id),
  foreign key (dwbm, yhbh) references yh_da
);
create index ys_zd_yh on ys_zd (dwbm, yhbh, jf_bz);
create index ys_zd_fp on ys_zd (dwbm, fp_rq);
create index ys_zd_jf on ys_zd (jf_lsh);
create index ys_zd_sd on ys_zd (dwbm, sd_pc) where sd_pc is not null;
create table ys_mx (                          -- 应收明细
  dwbm varchar(16) not null, ys_id varchar(32) not null, xh integer not null,
  fymc varchar(50) not null, dj numeric(10,4), sl numeric(12,2), je numeric(14,3) not null,
  primary key (dwbm, ys_id, xh), foreign key (dwbm, ys_id) references ys_zd
);

create sequence jf_jl_lsh start 100000001;
create table jf_jl (                          -- 缴费记录
  jf_lsh  bigint primary key default nextval('jf_jl_lsh'),
  dwbm    varchar(16) not null,
  yhbh    varchar(20) not null,
  jylsh   varchar(20),                        -- 交易流水号：28 位放不下
  lx      char(2) not null check (lx in ('JF', 'CZ', 'TF')),           -- 缴费 冲正 退费
  qd      varchar(4) not null default 'ZFB',  -- 渠道：ZFB 支付宝 DK 代扣 GT 柜台
  je      numeric(14,3) not null, bj numeric(14,3) not null, znj numeric(14,3) not null,
  yc_bd   numeric(14,3) not null,             -- 预存变动
  yc_ye   numeric(14,3) not null,             -- 变动后余额
  jyrq    date not null,                      -- 账务日期
  sjsj    char(14) not null,                  -- 收到时间 yyyyMMddHHmmss
  zffs    varchar(10),
  yzt     char(1) not null default 'N' check (yzt in ('Y', 'N')),      -- 已退
  ysh     bigint references jf_jl,            -- 原缴费流水
  bz      varchar(200),
  check (je = bj + znj + yc_bd),
  foreign key (dwbm, yhbh) references yh_da
);
create unique index jf_jl_jylsh on jf_jl (dwbm, jylsh) where lx = 'JF';
create index jf_jl_yh on jf_jl (dwbm, yhbh, jyrq);
create index jf_jl_rq on jf_jl (dwbm, jyrq);
create unique index jf_jl_ysh on jf_jl (ysh);

-- 违约金：每日千分之三，首尾两日都计，不超过本金
create function f_znj(z ys_zd, p_rq date, p_mznj char) returns numeric language sql stable as $$
  select case
    when z.sd_znj is not null then z.sd_znj
    when z.znj_gd is not null then z.znj_gd
    when z.mznj = 'Y' or p_mznj = 'Y' or p_rq < z.znj_qsr then 0
    else least(round(z.je * 0.003 * (p_rq - z.znj_qsr + 1), 2), trunc(z.je, 2)) end
$$;

-- 以下函数以属主权限运行（security definer），前置机用户只需查询权限。The functions run with their owner's rights: the
-- gateway's user may select and call them, and change nothing by itself.

-- 销账。返回 jgdm：0000 成功 0001 流水已销 1001 户号不存在 1002 销户 1003 停缴 2001 金额不符 2002 账单代扣中 2003 账单已缴 2004 账单不属本户
create function p_jf(p_dwbm text, p_yhbh text, p_jylsh text, p_je numeric, p_jyrq date, p_znjrq date, p_sjsj text,
  p_zd text, p_jegz text, p_zdgz text, p_sdgz text, p_zffs text, p_bz text, p_bzh boolean,
  out jgdm text, out jf_lsh bigint) language plpgsql
  security definer set search_path = public, pg_temp as $$
declare
  yh yh_da; zd ys_zd; ids text[] := coalesce(string_to_array(nullif(p_zd, ''), ','), '{}');
  lxs text[]; qk numeric := 0; bj numeric := 0; znj numeric := 0; sy numeric; f numeric; ye numeric; id text;
  xz text[] := '{}'; xzf numeric[] := '{}';
begin
  select * into yh from yh_da where dwbm = p_dwbm and yhbh = p_yhbh for update;
  if not found then jgdm := '1001'; return; end if;
  select j.jf_lsh into jf_lsh from jf_jl j where j.dwbm = p_dwbm and j.jylsh = p_jylsh and j.lx = 'JF';
  if found then jgdm := '0001'; return; end if;
  if not p_bzh then
    if yh.zt = '3' then jgdm := '1002'; return; end if;
    if yh.zt = '2' then jgdm := '1003'; return; end if;
  end if;
  -- 指定账单的费用类型，未指定则水费
  select array_agg(distinct z.fylx::text) into lxs from ys_zd z
    where z.dwbm = p_dwbm and z.yhbh = p_yhbh and z.jf_bz = 'N' and z.ys_id = any(ids);
  lxs := coalesce(lxs, array['SF']);
  if p_zdgz = 'byId' then
    foreach id in array ids loop
      select * into zd from ys_zd z where z.dwbm = p_dwbm and z.ys_id = id;
      if not p_bzh then
        if not found and p_jegz <> 'any' then jgdm := '2004'; return; end if;
        if found and zd.yhbh <> p_yhbh then jgdm := '2004'; return; end if;
        if found and zd.jf_bz = 'Y' then jgdm := '2003'; return; end if;
        if found and zd.sd_bz = 'Y' and p_sdgz <> 'allow' then jgdm := '2002'; return; end if;
      end if;
      -- 任意金额时，未知账单号即“本户任意账单”
      if not found then ids := '{}'; exit; end if;
    end loop;
  else
    ids := '{}';
  end if;
  if p_sdgz = 'reject1006' and not p_bzh and exists (select 1 from ys_zd z where z.dwbm = p_dwbm and z.yhbh = p_yhbh
      and z.jf_bz = 'N' and z.sd_bz = 'Y' and (cardinality(ids) = 0 or z.ys_id = any(ids))) then
    jgdm := '2002'; return;
  end if;
  sy := p_je + yh.yc_ye;
  for zd in select * from ys_zd z where z.dwbm = p_dwbm and z.yhbh = p_yhbh and z.jf_bz = 'N' and z.fylx = any(lxs)
      and (z.sd_bz = 'N' or p_sdgz = 'allow') and (cardinality(ids) = 0 or z.ys_id = any(ids))
      order by z.ny, z.ys_id for update loop
    f := f_znj(zd, p_znjrq, yh.mznj);
    if (p_bzh or p_jegz = 'any') and zd.je + f > sy then exit; end if;
    sy := sy - zd.je - f; bj := bj + zd.je; znj := znj + f; xz := xz || zd.ys_id; xzf := xzf || f;
  end loop;
  qk := greatest(bj + znj - yh.yc_ye, 0);
  if not p_bzh and p_jegz = 'atLeastDue' and p_je < qk or not p_bzh and p_jegz = 'exact' and p_je <> qk then
    jgdm := '2001'; return;
  end if;
  ye := yh.yc_ye + p_je - bj - znj;
  insert into jf_jl (dwbm, yhbh, jylsh, lx, je, bj, znj, yc_bd, yc_ye, jyrq, sjsj, zffs, bz)
  values (p_dwbm, p_yhbh, p_jylsh, 'JF', p_je, bj, znj, p_je - bj - znj, ye, p_jyrq, p_sjsj, p_zffs, p_bz)
  returning jf_jl.jf_lsh into jf_lsh;
  for i in 1 .. cardinality(xz) loop
    update ys_zd z set jf_bz = 'Y', jf_lsh = p_jf.jf_lsh, jf_znj = xzf[i], sd_bz = 'N', sd_pc = null, sd_znj = null
    where z.dwbm = p_dwbm and z.ys_id = xz[i];
  end loop;
  update yh_da set yc_ye = ye where dwbm = p_dwbm and yhbh = p_yhbh;
  jgdm := '0000';
end $$;

-- 冲正、退费。0000 成功 3001 无此缴费 3002 已退 3003 预存已用 3004 账单后又缴 3005 金额不符
create function p_tf(p_dwbm text, p_jylsh text, p_je numeric, p_lx text, p_jyrq date, p_sjsj text, p_tz text, p_bz text,
  out jgdm text, out jf_lsh bigint) language plpgsql
  security definer set search_path = public, pg_temp as $$
declare y jf_jl; yh yh_da; ye numeric;
begin
  select * into y from jf_jl j where j.dwbm = p_dwbm and j.jylsh = p_jylsh and j.lx = 'JF';
  if not found then jgdm := '3001'; return; end if;
  select * into yh from yh_da where dwbm = y.dwbm and yhbh = y.yhbh for update;
  select * into y from jf_jl j where j.jf_lsh = y.jf_lsh;
  if y.yzt = 'Y' then jgdm := '3002'; return; end if;
  if y.je <> p_je then jgdm := '3005'; return; end if;
  ye := yh.yc_ye - y.yc_bd;
  if y.yc_bd > 0 and ye < 0 and p_tz <> 'Y' then jgdm := '3003'; return; end if;
  update jf_jl j set yzt = 'Y' where j.jf_lsh = y.jf_lsh;
  update ys_zd z set jf_bz = 'N', jf_lsh = null, jf_znj = null where z.dwbm = y.dwbm and z.jf_lsh = y.jf_lsh;
  update yh_da set yc_ye = ye where dwbm = y.dwbm and yhbh = y.yhbh;
  insert into jf_jl (dwbm, yhbh, jylsh, lx, qd, je, bj, znj, yc_bd, yc_ye, jyrq, sjsj, zffs, ysh, bz)
  values (y.dwbm, y.yhbh, y.jylsh, p_lx, y.qd, -y.je, -y.bj, -y.znj, -y.yc_bd, ye, p_jyrq, p_sjsj, y.zffs, y.jf_lsh, p_bz)
  returning jf_jl.jf_lsh into jf_lsh;
  jgdm := '0000';
end $$;

-- 代扣锁定与解锁。0000 成功 0001 本批次已锁定 4001 不能。违约金以请求为准，锁定后不再增长
create function p_sd(p_dwbm text, p_ys_id text, p_pc text, p_je numeric, p_znj numeric, out jgdm text) language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  update ys_zd z set sd_bz = 'Y', sd_pc = p_pc, sd_znj = p_znj
  where z.dwbm = p_dwbm and z.ys_id = p_ys_id and z.je = p_je and z.jf_bz = 'N' and z.sd_bz = 'N';
  if found then jgdm := '0000'; return; end if;
  perform 1 from ys_zd z where z.dwbm = p_dwbm and z.ys_id = p_ys_id and z.jf_bz = 'N' and z.sd_pc = p_pc;
  jgdm := case when found then '0001' else '4001' end;
end $$;
create function p_js(p_dwbm text, p_ys_id text, p_pc text, out jgdm text) language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  update ys_zd z set sd_bz = 'N', sd_pc = null, sd_znj = null
  where z.dwbm = p_dwbm and z.ys_id = p_ys_id and z.sd_bz = 'Y' and z.sd_pc = p_pc;
  jgdm := case when found then '0000' else '4001' end;
end $$;
-- 整批解锁，返回解锁的账单数
create function p_pjs(p_dwbm text, p_pc text, out jgdm text, out zds bigint) language plpgsql
  security definer set search_path = public, pg_temp as $$
begin
  update ys_zd z set sd_bz = 'N', sd_pc = null, sd_znj = null where z.dwbm = p_dwbm and z.sd_bz = 'Y' and z.sd_pc = p_pc;
  get diagnostics zds = row_count;
  jgdm := '0000';
end $$;

-- 代扣入账。账单未缴且金额够则销账，否则全部转预存。0000 成功 0001 流水已销 1001 户号不存在
create function p_dk(p_dwbm text, p_yhbh text, p_jylsh text, p_je numeric, p_jyrq date, p_sjsj text, p_ys_id text, p_pc text,
  out jgdm text, out jf_lsh bigint) language plpgsql
  security definer set search_path = public, pg_temp as $$
declare yh yh_da; zd ys_zd; f numeric := 0; bj numeric := 0; ye numeric; kx boolean := false;
begin
  select * into yh from yh_da where dwbm = p_dwbm and yhbh = p_yhbh for update;
  if not found then jgdm := '1001'; return; end if;
  select j.jf_lsh into jf_lsh from jf_jl j where j.dwbm = p_dwbm and j.jylsh = p_jylsh and j.lx = 'JF';
  if found then jgdm := '0001'; return; end if;
  select * into zd from ys_zd z where z.dwbm = p_dwbm and z.ys_id = p_ys_id and z.yhbh = p_yhbh and z.jf_bz = 'N' for update;
  if found then
    f := f_znj(zd, p_jyrq, yh.mznj);
    kx := zd.je + f <= p_je;
  end if;
  if kx then bj := zd.je; else f := 0; end if;
  ye := yh.yc_ye + p_je - bj - f;
  insert into jf_jl (dwbm, yhbh, jylsh, lx, qd, je, bj, znj, yc_bd, yc_ye, jyrq, sjsj, bz)
  values (p_dwbm, p_yhbh, p_jylsh, 'JF', 'DK', p_je, bj, f, p_je - bj - f, ye, p_jyrq, p_sjsj, p_pc)
  returning jf_jl.jf_lsh into jf_lsh;
  if kx then
    update ys_zd z set jf_bz = 'Y', jf_lsh = p_dk.jf_lsh, jf_znj = f where z.dwbm = p_dwbm and z.ys_id = p_ys_id;
  end if;
  update ys_zd z set sd_bz = 'N', sd_pc = null, sd_znj = null
  where z.dwbm = p_dwbm and z.ys_id = p_ys_id and z.sd_pc = p_pc;
  update yh_da set yc_ye = ye where dwbm = p_dwbm and yhbh = p_yhbh;
  jgdm := '0000';
end $$;
