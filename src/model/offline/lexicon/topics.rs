//! Phrases that tell what a part of a message asks the agent to do.

/// The shopper corrects what was said before.
pub const CORRECTION: &[&str] = &[
    "^ no * i meant|mean",
    "i|it meant|mean",
    "sorry|oops|whoops|correction|apologies|typo|mistake|mistyped",
    "wrong|incorrect * number|email|mail|order|postcode|zip|one|address",
    "actually",
    "should be|read|have",
    "instead",
    "it is not",
    "rather",
    "scratch|ignore that",
    "fat|clumsy finger|fingers|thumbs",
    "misspelled|misspelt|misspelling|autocorrect|autocorrected",
    "spelled|spelt|typed|wrote|written * wrong|wrongly|incorrectly",
];

pub const YES: &[&str] = &[
    "^ yes|sure|ok|please|absolutely|definitely|certainly|correct|right|alright|yea|ya|do|go",
    "^ that would|sounds|is * good|great|nice|right|correct|helpful|perfect",
    "yes|please please|do",
];

pub const NO: &[&str] = &["^ no|never|not", "^ do not"];

pub const FIRST_OF_TWO: &[&str] = &["first|former"];
pub const SECOND_OF_TWO: &[&str] = &["second|latter|last|other"];

/// "And the other one?"
pub const OTHER_ORDER: &[&str] =
    &["other|second one|order|package|parcel|number", "^ and|what|how * the other", "the other|second $"];
pub const BOTH_ORDERS: &[&str] = &["both", "all of them|these|those"];

pub const NEW_CODE: &[&str] = &[
    "new|another|fresh|different code|one",
    "resend|again * code",
    "send * code|again|new",
    "code * expired|again|not * come|came|arrived|arrive|received|get|got",
    "@not * code",
    "resend",
];

pub const UPDATE: &[&str] = &[
    "any|an update|updates|news|change|changes",
    "check|look|try|refresh * again|now|once",
    "again",
    "still|yet * @not|nothing|arrived|here",
    "is it * now|yet",
    "latest",
];

/// The shopper has nothing in hand although the parcel should be there.
pub const NOTHING_CAME: &[&str] = &[
    "never * arrived|arrive|came|come|received|receive|got|get|delivered|showed|turned|reached|saw|seen",
    "@not * got|get|received|receive|arrived|arrive|came|come|here|there|seen|find|found|showed|delivered",
    "got|received|receive|get nothing|nada|zilch",
    "nothing * came|arrived|here|there|delivered|received|mailbox|door|doorstep|porch",
    "no sign of",
    "no|any parcel|package|delivery|box",
    "no one|nobody * came|been|rang|knocked|delivered",
    "nobody|noone came|been|rang|knocked|delivered",
    "do not have it|my|the|them|anything",
    "where|stolen|stole",
    "lost|disappeared|vanished|gone",
    "neighbor|neighbour|neighbors|neighbours",
];

/// The carrier is said to call it delivered.
pub const SAYS_DELIVERED: &[&str] = &[
    "say|says|said|saying|show|shows|showing|shown|mark|marked|claim|claims|tracking|listed|status|app|website|according * \
     delivered|delivery|arrived",
    "say|says|said|show|shows|mark|marked|claim|claims|according * dropped|left",
    "supposedly|allegedly|apparently|reportedly * delivered|arrived|left|dropped|brought|handed",
    "delivered * but|yet|however|though|although",
];

/// Goods, or the whole parcel, are gone.
pub const GONE: &[&str] = &[
    "never arrived|came|received|showed|got",
    "got|received nothing",
    "nothing * came|arrived|in * box|parcel|package",
    "stolen|stole|porch pirate",
    "lost in|by|my * mail|transit|carrier|post|courier|parcel|package",
    "package|parcel|order|delivery|box * lost|stolen|disappeared|vanished",
];

/// Something was not in the parcel.
pub const MISSING_ITEM: &[&str] = &[
    "missing * @item|from|in",
    "@item|is|are|was|were missing|absent",
    "missing a|an|one|two|my|the|some|half",
    "was|were|is|are not in * box|parcel|package|order|shipment|delivery|it|there",
    "not in the|my box|parcel|package",
    "box|parcel|package|envelope * empty",
    "empty * box|parcel|package|envelope",
    "only|just * got|received|came|arrived|one|two|half|part * @item|of|out",
    "got|received only|just one|two|half|part",
    "incomplete",
    "supposed|should|ought * be|been|have * in * order|box|parcel|package * not|missing",
    "forgot|forgotten to * put|pack|send|include",
];

pub const LIST_ORDERS: &[&str] = &[
    "show|list|see|view|give|tell|what|which|display|find * all|my|other|open|past|previous|recent|cancelled * orders|purchases",
    "all|every|each * my orders",
    "show|list|see|give|tell * every|each order",
    "^ my orders|purchases $",
    "order history",
    "list|show|see|view|tell|give|send * everything|all|things|stuff * ordered|bought|purchased",
    "orders * i|have|under|on|with * placed|made|account|email|name",
    "do|what orders * have",
];

pub const WHERE: &[&str] = &[
    "where * @be|my * it|they|that|@goods",
    "where * @goods",
    "track|tracking|trace|locate|status|whereabouts|progress",
    "when * @arrive",
    "@goods * arrived|shipped|sent|late|delayed|stuck|left|dispatched|delivered",
    "has|have|did|is|was|will|does it|they|@goods|my * @arrive",
    "wait|waiting",
    "update|news|check|look on|about|for|up|into * @goods|it",
    "expect|expecting * @goods",
    "promised|supposed|should|expected|said * here|arrive|come|yesterday|today|delivered|there",
    "not|nothing * heard|hear|word|news",
    "what * about|with|to|happened|happening|up * @goods",
    "how long|soon|far|many",
    "delayed|delay|late",
    "delivery|arrival date|time|day|status|estimate",
    "shipped|dispatched|transit|eta",
    "lookup|look|find|check|see * @order|@parcel",
];

/// Where it is is asked for in so many words, whatever else is.
pub const STATUS: &[&str] = &[
    "where",
    "status",
    "has|have|did|is|was * arrived|arrive|shipped|ship|dispatched|sent",
    "what * happening|happened|going|up * with|to",
];

/// Without one of these, what is said of an order is no question.
pub const ASKS_WHERE: &[&str] = &[
    "where|when|status|track|tracking|eta|update|news|find|locate|whereabouts|progress|late|delayed|yet|still|@not",
    "know|tell|check|see|look|wonder|wondering|ask|asking|question|about|wait|waiting|how|what|which|who",
];

/// Words around an order's number that ask for nothing.
pub const IN_A_NAMING: &[&str] =
    &["order", "my", "the", "number", "it", "is", "purchase", "for", "from", "on", "under", "and", "email", "postcode"];

/// Whatever else is said of the order, it is not there, or nothing tells that it was sent.
pub const OVERDUE: &[&str] = &[
    "supposed|should|meant|promised|expected * by now|then|yesterday|already|last",
    "@not * shipping|shipped|dispatch|dispatched|tracking * message|mail|email|notice|confirmation|notification|yet",
];

pub const WHEN: &[&str] = &[
    "when * @arrive|it|expect|here",
    "eta|arrival",
    "estimate|estimated|expected",
    "how * long|soon|many days",
    "what|which day|date|time",
    "will|does|is it * @arrive * today|tomorrow|by|before|this|on|in",
    "delivery date|day|time",
    "arrive|come|here|delivered today|tomorrow|by|before|this",
];

pub const CARRIER: &[&str] = &[
    "carrier|courier|shipper",
    "with|by|through|via|from|is fedex|ups|usps|dhl|dpd|gls|hermes|evri|post|mail|courier",
    "who * carrying|handling|has it|this|that|them|@order|@parcel",
    "who * delivers|delivering|ships|shipping|shipped|deliver|carries|bringing|sends",
    "which|what company|service * ship~|deliver~|with|carries",
    "shipped|sent|delivered with|by|through|via whom|who|which|what",
];

pub const TRACKING_LINK: &[&str] = &[
    "tracking|track * link|url|number|code|page|website|id",
    "link|url * track|tracking|it",
    "a|the link|url",
    "track it|this|that|them myself|online|where|how",
    "where|how * can|do i track",
];

pub const ITEMS: &[&str] = &[
    "what * did i * order|buy|purchase|get",
    "what * in * it|order|parcel|package|box|one",
    "what was|is|were|are on|inside * it|order|parcel|package|box|one",
    "packing slip|list",
    "what * items|item|products|things|contents|@item * order|in|are|is",
    "which items|products|things",
    "contents|items of|in",
    "list|overview|breakdown|rundown of|with * items|products|things|contents|articles",
    "what * i * ordered|bought|purchased",
    "what did|have i * get|got|buy|bought",
    "how many * did i|in|items",
];

pub const TOTAL: &[&str] = &[
    "how much * it|order|pay|paid|that|total|cost|spend|charged|was",
    "much|what * took|taken|debited|deducted|charged|withdrawn|withdrew|billed",
    "total|amount|sum|altogether",
    "what|much * come|comes|came|add|adds to",
    "what * i * pay|paid|charged|spend|spent|cost",
    "price of|for * order|it",
    "was|am|have i charged|paid|billed",
    "is * it|order paid",
    "payment status",
];

pub const PLACED: &[&str] = &[
    "when did i|we * order|buy|place|purchase",
    "when i|we ordered|bought|placed|purchased",
    "when was|were * placed|ordered|bought|purchased|made",
    "order date",
    "purchase date",
];

pub const REFUNDED: &[&str] = &[
    "refunded",
    "where|when|status|got|get|did|has|have|was|been * refund|money",
    "refund * status|processed|yet|come|issued|sent|arrive|show",
    "money|payment|amount * returned|credited|back",
    "money back",
];

pub const BOT: &[&str] = &[
    "are|is|am * you|this|i|it * bot|robot|ai|chatgpt|gpt|machine|computer|human|real|person|llm|automated|claude|gemini|copilot|program",
    "^ bot|robot|ai|chatgpt $",
    "you * a bot|robot|ai|machine|computer|human|real",
    "who|what are you $",
    "who|what are you exactly|really|actually|anyway|then",
    "who|what exactly|really|actually are you",
    "what|which model|llm|ai|bot * you|this",
    "talking|speaking|chatting to|with a bot|robot|machine|computer|ai|human|real",
    "language model",
    "chatgpt|openai|gpt",
    "your name",
];

pub const GREETING: &[&str] = &[
    "^ hi|hello|hey|hiya|howdy|greetings|yo|hallo",
    "^ good morning|afternoon|evening|day",
    "^ how are you",
    "anybody|anyone|somebody|someone there|here",
];
/// Words of a question that is only a greeting.
pub const IN_A_GREETING: &[&str] = &[
    "good",
    "morning",
    "afternoon",
    "evening",
    "day",
    "going",
    "anyone",
    "anybody",
    "someone",
    "somebody",
    "everyone",
    "today",
];
pub const THANKS: &[&str] = &["thanks|thank|thankyou|cheers", "appreciate it|that|your"];
pub const GOODBYE: &[&str] = &[
    "bye|goodbye",
    "see you|ya",
    "have a * day|one|evening|weekend",
    "that is|was all|it|everything",
    "nothing else|more",
    "all good|set",
    "^ no * i am good|fine|ok",
];
pub const ABILITIES: &[&str] = &[
    "what * can|do you * do|help",
    "how * can|does|do you|this|it * help|work",
    "what * help * with",
    "^ help $",
    "^ help me|please",
    "can|could you|u|someone help",
    "i|need|have|a question|help|problem|issue $",
    "i need * help $",
];

/// Rules and services of the shop, which a help centre describes.
pub const POLICY: &[&str] = &[
    "policy|policies|terms|conditions|warranty|guarantee|faq",
    "opening|business|store|working hours|times",
    "hours|open|closed",
    "do|can you|u * ship|deliver * to|outside|abroad|internationally|overseas",
    "do|does|can you|u|i|it|we * ship|deliver|international~|abroad|worldwide|overseas",
    "international~|worldwide|overseas|abroad",
    "shipping|delivery * cost|costs|fee|fees|price|prices|options|option|methods|method|rates|charges|free|times|policy|information",
    "free shipping|delivery|returns|return|standard|express",
    "how much * shipping|delivery|postage",
    "how * long|many|much * returns|return|refund|shipping|have|do",
    "how|explain * return|returns|refunds|exchanges work|works|handled",
    "can|could|may|are * be sent|given|brought back",
    "can|could|may|are * be returned|exchanged",
    "how * can|do|to|does|would * return|exchange|refund|pay|cancel|change|wash|contact",
    "payment|pay * methods|method|options|option|with|by|in|modes|cards",
    "accept|take|allow|do * @return",
    "can|could|may i|we * return|exchange",
    "accept|take * paypal|visa|cards|card|cash|crypto|bitcoin|klarna|amex|payment",
    "@deal",
    "gift card|cards|wrap|wrapping|message",
    "offers",
    "newsletter|invoice|invoices|sustainability|sustainable|recycle|recycled|recycling|repair|repairs|rewards|loyalty|points",
    "where * are|is|located|based|find * you|store|shop|office|showroom|company",
    "account|password|login|sign",
    "customs|duties|duty|tax|taxes|vat",
    "how long * shipping|delivery * take|takes|usually|normally",
    "phone|email * number|address * you|your|support",
    "return|returns|exchange|exchanges * window|period|days|process|label|free|policy|accepted|allowed|possible",
    "size|sizing guide|chart",
    "pickup|pick",
];

/// Until when goods may come back: one rule for all orders.
pub const RETURN_WINDOW: &[&str] = &[
    "how long|longer * send|sending|bring|bringing|give|ship|mail|take * back",
    "how many|much days|weeks|time * send|sending|bring|bringing|give|ship|mail|take * back",
    "how * long|days * be|being * returned|exchanged",
    "how long do|would|will|did i|we * have|get $",
    "how long have|has i|we got",
    "if i|we order|buy * return|send|exchange|refund|back",
    "deadline|cutoff|limit|timeframe * return|returns|returning|send|sending|bring|bringing|refund|exchange",
    "return|returns|returning|back * deadline|cutoff|limit|timeframe",
    "return|returns|returning|send|sending|bring|bringing * within what|which",
    "too late to|for * return|returning|send|sending|bring|exchange",
    "within what|which * return|returns|returning|send|sending|bring|bringing",
];

pub const EXCHANGE: &str = "an exchange";

/// Business that the store's people do.
pub const FOR_PEOPLE: &[(&str, &[&str])] = &[
    ("a return", &["@return"]),
    ("a refund", &["@refund", "money back"]),
    (EXCHANGE, &["exchange|exchanging|swap|replacement|replace"]),
    ("a cancellation", &["cancel|cancelling|canceling|cancellation"]),
    ("an update to an order", &["@change * address|order|item|size|color|quantity", "wrong|new|different address"]),
    ("a problem with an item", &["@broken", "wrong item|size|color|product|one", "not what i ordered"]),
];

/// Someone to talk to.
pub const PERSON: &[&str] = &[
    "mensch|menschen|mitarbeiter|mitarbeiterin|berater|kundendienst|kundenservice * sprechen|reden",
    "@talk * colleagues|employees|advisors|managers|humans|agents|representatives",
    "@talk * human|person|agent|representative|rep|operator|someone|somebody|manager|supervisor|advisor|colleague|staff|employee|\
     people|assistant",
    "real|live|actual person|human|agent|someone|somebody|people|operator|representative",
    "human|person|agent|representative|operator|manager|supervisor please|now",
    "want|need|get|give|like|bring|let * a|an|the|your|to|some human|person|agent|representative|rep|operator|manager|supervisor|colleague",
    "^ human|agent|representative|operator|person|manager|supervisor $",
    "customer service|support please|now|number",
    "can|could|may|might|want|need|like|is|get|reach|through|there * member of * staff|team",
    "connected|transferred|patched to|with|through",
    "call|phone me",
    "speak|talk * to * someone|somebody|human|person",
    "not want|like * talk|speak|bot|robot|machine|ai",
    "escalate",
    "get|give|find|bring me|us|in * someone|somebody|person|human|anyone",
    "hand|pass|forward me|this|it * to|over",
    "connect|transfer|put me * to|with|through",
];

/// All of the above that are plain lists.
pub const ALL: &[&[&str]] = &[
    CORRECTION,
    YES,
    NO,
    FIRST_OF_TWO,
    SECOND_OF_TWO,
    OTHER_ORDER,
    BOTH_ORDERS,
    NEW_CODE,
    UPDATE,
    NOTHING_CAME,
    SAYS_DELIVERED,
    GONE,
    MISSING_ITEM,
    LIST_ORDERS,
    WHERE,
    STATUS,
    ASKS_WHERE,
    OVERDUE,
    WHEN,
    CARRIER,
    TRACKING_LINK,
    ITEMS,
    TOTAL,
    PLACED,
    REFUNDED,
    BOT,
    GREETING,
    THANKS,
    GOODBYE,
    ABILITIES,
    POLICY,
    RETURN_WINDOW,
    PERSON,
];
