//! Everyday words: how they are shortened, which of them matter here, and which mean the same.

/// Written forms that stand for several words, or for another one.
pub const CONTRACTIONS: &[(&str, &str)] = &[
    ("won't", "will not"),
    ("wont", "will not"),
    ("can't", "can not"),
    ("cant", "can not"),
    ("cannot", "can not"),
    ("dont", "do not"),
    ("doesnt", "does not"),
    ("didnt", "did not"),
    ("isnt", "is not"),
    ("wasnt", "was not"),
    ("arent", "are not"),
    ("havent", "have not"),
    ("havnt", "have not"),
    ("haven", "have"),
    ("hasnt", "has not"),
    ("hasn", "has"),
    ("hadnt", "had not"),
    ("couldnt", "could not"),
    ("wouldnt", "would not"),
    ("aint", "is not"),
    ("im", "i am"),
    ("ive", "i have"),
    ("id", "id"),
    ("ill", "ill"),
    ("youre", "you are"),
    ("where's", "where is"),
    ("wheres", "where is"),
    ("what's", "what is"),
    ("whats", "what is"),
    ("when's", "when is"),
    ("whens", "when is"),
    ("how's", "how is"),
    ("hows", "how is"),
    ("who's", "who is"),
    ("it's", "it is"),
    ("its", "it is"),
    ("that's", "that is"),
    ("thats", "that is"),
    ("there's", "there is"),
    ("theres", "there is"),
    ("let's", "let us"),
    ("u", "you"),
    ("ur", "your"),
    ("ya", "you"),
    ("r", "are"),
    ("y", "why"),
    ("plz", "please"),
    ("pls", "please"),
    ("plss", "please"),
    ("wanna", "want to"),
    ("gonna", "going to"),
    ("gotta", "have to"),
    ("gimme", "give me"),
    ("lemme", "let me"),
    ("thx", "thanks"),
    ("tnx", "thanks"),
    ("ty", "thanks"),
    ("ta", "thanks"),
    ("nowt", "nothing"),
    ("tysm", "thanks"),
    ("k", "ok"),
    ("okay", "ok"),
    ("okey", "ok"),
    ("yeah", "yes"),
    ("yep", "yes"),
    ("yup", "yes"),
    ("ya", "yes"),
    ("nope", "no"),
    ("nah", "no"),
    ("info", "information"),
    ("acct", "account"),
    ("adress", "address"),
    ("adres", "address"),
    ("ordr", "order"),
    ("oder", "order"),
    ("oders", "orders"),
    ("pkg", "package"),
    ("deliveryaddress", "delivery address"),
    ("shippingaddress", "shipping address"),
    ("recieved", "received"),
    ("recived", "received"),
    ("recieve", "receive"),
    ("e", "e"),
    ("cos", "because"),
    ("cuz", "because"),
    ("bcoz", "because"),
    ("asap", "quickly"),
    ("tmrw", "tomorrow"),
    ("wtf", "what the fuck"),
    ("wth", "what the hell"),
    ("wheres", "where is"),
    ("colour", "color"),
    ("colours", "colors"),
    ("cancell", "cancel"),
    ("cancelation", "cancellation"),
    ("e-mail", "email"),
    ("2day", "today"),
    ("pin-code", "postcode"),
    ("pincode", "postcode"),
    ("eta", "eta"),
];

/// Words that decide something. A slip in one of them is mended, so each form is listed.
pub const KEY_WORDS: &str = "
    order orders ordered ordering purchase purchases purchased package packages parcel parcels shipment shipments
    shipping shipped ship ships delivery deliver delivers delivered delivering deliveries track tracking tracked tracker
    status update updates arrive arrived arrives arriving arrival receive received receiving carrier courier estimate
    estimated expected dispatch dispatched transit delayed delay missing stolen nothing never empty incomplete
    return returns returned returning refund refunds refunded refunding reimbursement reimbursements reimburse reimbursed
    rebate rebates compensation restitution money exchange exchanged exchanging replace replaced replacement replacements swap
    cancel canceled cancelled canceling cancelling cancellation change changed changing modify modifying edit editing
    update updating correct correcting address addresses damaged damage broken defective faulty cracked smashed leaking torn
    wrong different product products available availability warranty material materials waterproof measurement
    price prices stock discount discounts coupon coupons voucher promo promotion promotional offers referral
    account accounts login password profile register registration registering username verification
    complaint complaints complain complaining reclamation claim claims human person agent agents representative
    representatives operator operators manager supervisor assistant someone somebody support customer service speak speaking
    talking contact contacting connect transfer email postcode postal number address where when
    please help assistance assist waiting expect expecting another question cancelled lawyer attorney chargeback dispute police
    terrible horrible ridiculous unacceptable disappointed frustrated useless pathetic worst scam fraud thieves
    thanks thank hello goodbye invoice receipt payment policy international
";

/// Frequent words that a slip of the finger does not explain: they are left as they are.
pub const ORDINARY_WORDS: &str = "
    about above across after again against ago also always among and any anyone anything around away back bank
    because become been before began begin behind being below best better between big bill bills block boot boots border
    borders both bottom bought box boxes boy brand bring brother brown business busy buy buying call called
    calls came can care carried carries carry case cases catch caught cause cell center centre certain chair chance chances
    changes charge charged charger charges cheap check chose claimed class clean clear close closed clothes club coat code
    codes coffee cold color colors come comes coming company complete contain contained contains cost costs could count
    country couple course cover covers credit cup customers cut daily date dates day days dead dear december decide deal
    deals details did die diet difference difficult dinner discuss does dog doing done door double down dress drink drive
    drop dry due during each early easy eat either eight else end english enough enter even evening ever every everyone
    everything exact excellent expect expecting explain extra eyes face fact factory family far fast father feel few
    field fill filled final find fine finish first fit five fix food foot force forget form found four free french
    friday friend from front full game gave general get gets getting gift girl give gives giving glass goes going gold gone
    good got great green grey ground group grow guess guy guys had half hand hand happen happened happens happy hard has
    have having head hear heard heat heavy held her here hers high him hire his hit hold home hope hot hour hours house
    how however huge hundred husband idea important inch inches inside instead interest into issue issues item items
    just keep kept kind king kitchen knew know known label land large last late later latest latte laugh lead
    learn least leave leaves leaving left legal less let letter level life light like likely line list listed lists little
    live lives living load located location long longer look looking looks lose lost lot lots love low made mail mails
    main make makes making man many mark marked market matter may maybe mean means meant meet member men mention message
    met middle might mind mine minute minutes miss missed mixing moment monday month months more morning most mother move
    moved much must name names near need needed needs new news next nice night nine nobody none north note notes
    noted notice now numbers obviously october offer office often okay old older once one ones only onto open opened or
    other others our out outside over own pack packed packs page paid paper part parts party pass past pay paying
    people per perhaps phone piece pieces place placed places plan plane plate play pleased plus point policies poor
    possible post posted power present pretty price probably problem problems process processed proof pull pure put quality
    queen quick quickly quite quote quoted ran rate rather reach reached read ready real really reason received recent
    recently red regarding remember remind reply report request requested rest right road room run said same sat saturday
    saw say saying says school sea search second see seem seems seen sell sellers send sending sends sense sent serve served
    services set seven several shall shape share she sheet shirt shirts shoe shoes shop shopping shops short should show
    showed showing shown shows sick side sign signed simple since single sister sit site six size sizes sleep slip slow
    small smart sold some something sometime sometimes soon sorry sort sound south speed spend spoke staff stand star
    start started state stated statement states stay step still stood stop store stores story strap straps street strong
    student such suggest suit summer sun sunday sure system table take taken takes taking talk tell ten tent tents test
    text than that the their them then there these they thing things think third this those though thought thousand three
    through thursday time times tired today together told tomorrow tonight too took top total touch toward town trace tract
    train translate travel tree tried tries trip true trust truth try trying tuesday turn two type under understand unit
    until upon us use used user using usually vary very visit voice wait waited waiting walk wall want wanted wants war warm
    was wash watch water way wear wednesday week weeks weight well went were west what whatever which while white who whole
    whose why wide wife will wind winter wish with within without woman women wood word words work worked working works world
    worry worse would write writing written year years yellow yes yesterday yet you young your yours charges confirm
    confirmed confirmation sender tender render counter county counted actual actually original origin organic resale
    reason season person persons personal perfect prefect prevent president
    trek treks trekking truck trucks stacking ticking ticket tickets picking packing parking racking
    hate hated hates rage threat sues sued press pressed dispatcher track tracks trick trade trader grade
    scan scans scam scare score shipped sipped skip chip chips whip zip tip slipped slipper slippers
    customs custom costume relive relieved believe delivers deliverable rolled polled calmed claimed
";

/// A sentence that begins with one of these is a question, with its mark or without.
pub const OPENS_A_QUESTION: &[&str] = &[
    "are", "can", "could", "did", "do", "does", "has", "have", "how", "is", "was", "were", "what", "when", "where",
    "which", "who", "why", "will", "would", "r", "hows", "whats", "wheres", "whens",
];

/// Words that may stand for each other in a phrase.
pub const CLASSES: &[(&str, &str)] = &[
    ("order", "order orders purchase purchases purchased"),
    ("parcel", "package packages parcel parcels shipment shipments delivery deliveries box"),
    (
        "goods",
        "order orders ordered purchase purchases package packages parcel parcels shipment shipments delivery deliveries
        item items product products stuff goods thing things article articles box",
    ),
    ("item", "item items product products article articles goods thing things stuff piece pieces part parts one"),
    (
        "person",
        "human person people agent agents representative representatives rep reps operator operators someone somebody
        manager supervisor assistant advisor adviser staff colleague employee executive associate specialist",
    ),
    (
        "talk",
        "talk talking speak speaking chat chatting call calling contact contacting connect connecting reach transfer
        pass forward discuss interact communicate",
    ),
    (
        "arrive",
        "arrive arrived arrives arriving come comes coming came here deliver delivered delivers get here receive
        received ship shipped ships sent dispatched dispatch reach reached leave left",
    ),
    (
        "change",
        "change changed changing modify modif modifying edit editing update updating updated correct correcting alter
        amend switch fix set setting remove add",
    ),
    (
        "refund",
        "refund refunds refunded refunding reimburse reimbursed reimbursement reimbursements rebate rebates rebating
        compensation compensate restitution",
    ),
    ("money", "money cash payment amount dollars funds"),
    ("return", "return returns returned returning"),
    (
        "broken",
        "damaged damage broken broke defective faulty cracked crack smashed leaking leaked torn ripped shattered
        bent scratched dented stained spoiled leak leaks chipped snapped hole holes",
    ),
    ("account", "account accounts profile password login username pin passcode registration"),
    (
        "deal",
        "discount discounts coupon coupons voucher vouchers promo promos promotion promotions promotional sale
        referral refer referrals",
    ),
    ("quantity", "days day weeks week month months hours long"),
    ("be", "is are was were be been being am"),
    ("not", "not never no nothing none nobody without"),
];

/// Words that do not say what a question is about.
pub const STOP_WORDS: &str = "
    a an the and or but if so as of in on at to for from with by about into over under is are was were be been being am do does
    did done have has had can could will would shall should may might must i me my mine you your yours he she it its we us our
    they them their this that these those there here what which who whom whose where when why how not no yes please thanks
    thank hello hi hey any some one ones get got give tell know need want like just also too very much many more most ask
    question help offer sell carry stock let store shop guys ok okay would up out than then now still really
";

/// Words that point at what was said before.
pub const REFERS_BACK: &[&str] = &[
    "it|its|this|that|these|those|they|them|one|ones|other|others|another|both|same|too|also|again|there|then|so|instead",
];

/// Somebody of the store.
pub const COLLEAGUES: &[&str] = &[
    "agent",
    "anyone",
    "colleague",
    "colleagues",
    "employee",
    "guy",
    "he",
    "human",
    "lady",
    "person",
    "rep",
    "representative",
    "she",
    "somebody",
    "someone",
    "staff",
    "support",
    "team",
    "they",
];

pub const SAID: &[&str] =
    &["answer", "answered", "promise", "promised", "say", "said", "tell", "told", "write", "written", "wrote"];
