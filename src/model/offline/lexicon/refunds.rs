//! Phrases about money back: why, which and how many.

/// Something else came than was ordered.
pub const WRONG_ITEM: &[&str] = &[
    "wrong item|items|product|products|size|color|thing",
    "sent|received|got|shipped|delivered * wrong",
    "not what i ordered|bought",
    "received|got|sent * different|another|instead",
    "picked|chose|ordered|selected|bought|asked * different|another|other color|size|item|product|one|model|style",
];

/// It is broken, or not as described.
pub const DAMAGED: &[&str] = &[
    "@broken",
    "dead|unusable|chipped|rip|tear|hole|holes|snapped|split|melted|leaks",
    "does|do|is|did|will|would not work|working|turn|charge|start|switch|close|open|zip|light|function|functioning",
    "stopped|quit working",
    "fell|falls|fallen|falling|came|comes|coming apart|off",
    "in|into|to pieces|bits|shards",
    "not as described|pictured|shown",
];

/// Nothing is wrong with it.
pub const CHANGED_MIND: &[&str] = &[
    "changed|change my|our mind",
    "do|did not want|need|like|love it|them|this|these|the|my|anymore",
    "no longer want|need|like",
    "not * fit|fits",
    "too small|big|large|tight|loose|long|short|heavy",
    "regret|unwanted",
    "nothing|not * wrong|broken * with|it|them",
];

/// `It is not broken`.
pub const NOT_DAMAGED: &[&str] = &["not|nothing @broken|wrong", "not really @broken"];

/// Another unit than before.
pub const FURTHER: &[&str] = &[
    "the|my other",
    "other|second|third|another one",
    "another|second|third * @broken",
    "also|too * other|second|another",
    "one more",
    "remaining|rest",
];

/// *Other* without goods.
pub const OTHER_MATTERS: &[&str] = &["other day|days|week|night|side|hand|order|email|mail|account|address"];

pub const EVERYTHING: &[&str] = &[
    "everything",
    "all of it|them|these|those",
    "whole|entire|complete order|thing|lot",
    "all * items|things",
    "^ all $",
];

/// Words of a part of a message that leave its goods alone.
pub const IS_FINE: &[&str] = &["fine", "ok", "okay", "good", "great", "perfect", "alright", "keep", "keeping", "love"];

/// What sets goods apart from those that are meant, right before them.
pub const EXCEPT: &[&str] = &["not", "except", "without", "besides"];

pub const DETERMINERS: &[&str] = &["the", "my", "our", "a", "an", "those", "these", "this", "that", "for", "about"];

pub const NUMBER_WORDS: &[&str] =
    &["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// What a number counts that is not goods, and what stands before a number of goods that only tells of the order.
pub const TIMES: &[&str] =
    &["day", "days", "week", "weeks", "month", "months", "hour", "hours", "times", "year", "years"];
pub const ORDERED: &[&str] = &["ordered", "bought", "purchased", "got", "of"];

/// Of which all may come back for one of several.
pub const MONEY: &[&str] = &["money", "price", "amount", "cost", "sum", "payment", "refund"];

/// All that are phrases.
pub const ALL: &[&[&str]] = &[
    WRONG_ITEM,
    DAMAGED,
    CHANGED_MIND,
    NOT_DAMAGED,
    FURTHER,
    OTHER_MATTERS,
    EVERYTHING,
    NEW_ONE,
    MONEY_BACK,
    ASKS_WHAT_CAME,
];

/// Another unit in the place of one.
pub const NEW_ONE: &[&str] = &[
    "send|ship|get|have|give|mail * new one|ones|unit|item|copy",
    "send|ship|mail me|us|over|out another|one|replacement|replacements",
    "want|need|prefer|like a new one|unit|item",
];

/// Money, not goods.
pub const MONEY_BACK: &[&str] = &["refund|refunds|refunded|money|reimburse|reimbursed|reimbursement|cash"];

/// A part of a price, or something beyond it, for goods that stay.
pub const GOODWILL: &[&str] = &[
    "partial|partially * refund|refunded|reimbursement",
    "part|some|half|portion|percentage of * price|cost|amount|money|paid",
    "10%|15%|20%|25%|30%|40%|50%|percent * off|back|discount|refund|reduction",
    "dollars|euros|bucks|usd|eur * off|back|discount",
    "price reduction|adjustment|cut",
    "discount * because|since|as|for * @broken",
    "discount because|since",
    "compensation|compensate|compensated",
    "money|something off * price|order|it|this|them",
    "keep * discount|reduction|compensation",
];

/// What was paid back already, and not what shall be.
pub const ASKS_WHAT_CAME: &[&str] = &[
    "much|what * was|were|been|got|did * refunded|refund|credited|reimbursed",
    "was|were|has|have|been refunded|credited|reimbursed",
];

/// Credit in place of money.
pub const STORE_CREDIT: &[&str] = &[
    "store|shop|account credit",
    "credit * instead|rather|in place",
    "voucher|vouchers|gift card|cards * instead|rather|in place|for * return|returned|refund|money",
    "instead of * money|refund|cash * voucher|credit|gift",
];
