-- What a trade of a spread traded in its legs, so that whoever reads its fills knows what its positions cost.

-- one row per trade of a spread. No rules before the fourth know spreads, so nothing has to be told anew.
create table spread_trades (
    trade_id   integer primary key,
    -- bought by who bought the spread
    near       integer not null,
    near_price integer not null,
    -- sold by who bought the spread
    far        integer not null,
    far_price  integer not null
) strict;
