//! Phrases that tell how the shopper feels, mildest first.

pub const POSITIVE: &[&str] = &[
    "thanks|thank",
    "great|awesome|excellent|perfect|wonderful|fantastic|brilliant|amazing|lovely|superb",
    "love|loved|appreciate|appreciated|pleased|delighted",
    "very|so|really happy|helpful|good|nice|kind",
    "good job|work|service",
];

pub const NEGATIVE: &[&str] = &[
    "disappointed|disappointing|frustrated|frustrating|annoyed|annoying|upset|unhappy|angry|furious|mad|dissatisfied|fed",
    "ridiculous|unacceptable|terrible|horrible|awful|appalling|disgraceful|outrageous|rubbish|garbage|nonsense",
    "useless|pathetic|worst|scam|fraud|thieves|cheaters|liars|crooks|ripoff|incompetent|disgusting",
    "waste of time|money",
    "bad|poor|lousy service|support|quality|experience",
    "sick|tired of",
    "had enough",
    "never again",
    "thanks for nothing",
    "is|what|such a joke",
    "still * not",
    "too long|late",
    "worried|concerned|stressed|sad",
    "complain|complaint|complaining",
    "hell|damn|dammit|bloody|crap|bullshit|shit|fuck|fucking|fucked|wtf",
    "hate",
];

/// Words said in rage. Two of them, or one that is shouted, and nothing that could be answered.
pub const RAGE: &[&str] = &[
    "fuck|fucking|fucked|fuckers|motherfuckers",
    "shit|shitty|bullshit|crap",
    "asshole|assholes|bastard|bastards|bitch|morons|moron|idiots|idiot|scum|dumbass|clowns|imbeciles",
    "scam|scammers|fraud|frauds|thieves|thief|crooks|liars|cheaters|criminals|robbers",
    "useless|pathetic|worthless|incompetent|disgusting|disgrace|disgraceful",
    "worst",
    "hate you|this",
    "go to hell",
    "screw you|this",
    "rot in",
    "stole * money",
    "sick of you",
];

/// Enough on its own.
pub const ABUSE: &[&str] = &[
    "fuck you|off|all|yourself|yourselves|yall",
    "go to hell",
    "you|all|bunch are|of|fucking|a * assholes|bastards|scum|idiots|morons|thieves|criminals|scammers|crooks|liars",
    "rot in hell",
    "screw you",
    "piece of shit",
];

pub const THREAT: &[&str] = &[
    "lawyer|lawyers|attorney|attorneys|solicitor|litigation|lawsuit",
    "legal action|steps|proceedings|team|consequences|measures|notice",
    "sue you|your|the|this|for",
    "will|going|gonna|to sue",
    "suing",
    "take|taking|see * you|this|company * court",
    "see you in court",
    "small claims",
    "in|to court",
    "chargeback|chargebacks",
    "charge back * bank|card|credit|paypal",
    "dispute * charge|charges|payment|transaction|bank|card|paypal",
    "charge|payment|transaction * dispute|disputed|reversed",
    "reverse the charge|payment",
    "disputing|contesting|reversing * charge|charges|payment|transaction",
    "call|calling|contact|contacting|go|going|report * police|authorities|cops|fbi",
    "report|reporting * you|this|company|store * to",
    "better business bureau",
    "bbb|ftc",
    "trading standards",
    "consumer protection|affairs|court|forum|council|ombudsman",
    "ombudsman",
    "the|local|national|every|any press|media|newspaper|newspapers|papers|tv|television",
    "take|taking|bring|write|writing|talk|talking * newspaper|newspapers|press|media|tv|television",
    "name|naming and shame|shaming",
    "every review site|page",
    "journalist|journalists|reporter|reporters",
    "go|going|tell|contact|post|expose|everyone * press|media|viral|news|newspaper|television",
    "expose you|your",
    "kill|hurt|shoot|stab|beat|murder|bomb|strangle you|your|someone|everyone|them|him|her|all",
    "kill|hurt|shoot|harm myself",
    "burn|blow * down|up * store|office|warehouse|shop|building|place",
    "burn|blow * store|office|warehouse|shop|building|place",
    "know where you live",
    "come * find you|your",
    "you will regret|pay for this",
    "hunt you",
];
