//! Small words by which a language is known, and the names that languages go by.

/// ISO 639-1 code, and words that are frequent in the language and rare in the others.
pub const SMALL_WORDS: &[(&str, &str)] = &[
    (
        "en",
        "the a an and or but is are was were be been have has had do does did will would can could should i you he she it we
         they my your his her our their this that these those what where when why how who which not no yes to of in on at for
         with from about please order track help want need hi hello hey thanks thank any there here if so just get got me up
         out know tell am as by status refund return cancel",
    ),
    (
        "de",
        "der die das den dem des ein eine einen einem einer ist sind war ich du er sie wir ihr mein meine meinen meiner dein
         nicht kein keine und oder aber wo wann wie warum wer welche mit von zu zum zur für auf bei nach aus über bitte danke
         hallo bestellung bestellt paket lieferung habe hat haben wird werden kann können möchte noch schon ja nein guten tag
         rückgabe erstattung sendung angekommen geliefert kommt",
    ),
    (
        "fr",
        "le la les un une des du de et ou mais est sont je tu il elle nous vous ils mon ma mes votre vos notre ce cette ces que
         qui où quand comment pourquoi pas ne ni avec pour dans sur par au aux bonjour merci salut commande colis livraison
         suivi remboursement ai avez voudrais veux s'il plaît oui non reçu j'ai où est",
    ),
    (
        "es",
        "el la los las un una unos de del y o pero es son está están yo tú él ella nosotros mi mis su sus tu qué que quien
         dónde donde cuándo cuando cómo como por para con en no sí hola gracias pedido paquete envío entrega reembolso devolver
         quiero tengo ha he llegado favor buenos días mi",
    ),
    (
        "it",
        "il lo la gli le un uno una di del della e o ma è sono io tu lui lei noi voi mio mia miei suo che chi dove quando come
         perché non con per in su da ciao grazie ordine pacco spedizione consegna rimborso vorrei ho ha arrivato favore buongiorno",
    ),
    (
        "nl",
        "de het een en of maar is zijn was ik jij je hij zij wij we mijn jouw uw dit dat deze die wat waar wanneer hoe waarom
         wie niet geen met van voor op aan naar bij hallo bedankt bestelling pakket levering retour terugbetaling heb heeft
         graag kan wil alstublieft ja nee dank",
    ),
    (
        "pt",
        "o os as um uma de do da dos das e ou mas é são eu tu ele ela nós meu minha meus seu sua que quem onde quando como por
         porque não com para em no na olá obrigado obrigada pedido encomenda pacote entrega reembolso quero tenho chegou favor
         bom dia está",
    ),
    (
        "sv",
        "en ett och eller men är var jag du han hon vi ni min mitt mina din det den detta vad var när hur varför vem inte med
         av för på till från hej tack beställning paket leverans återbetalning har kan vill ja nej",
    ),
    (
        "da",
        "en et og eller men er var jeg du han hun vi min mit mine din det den dette hvad hvor hvornår hvordan hvorfor hvem
         ikke med af for på til fra hej tak bestilling ordre pakke levering refusion har kan vil ja nej",
    ),
    (
        "pl",
        "i lub ale jest są ja ty on ona my wy mój moja moje twój to ten ta co gdzie kiedy jak dlaczego kto nie z do na w od
         dla cześć dzień dobry dziękuję zamówienie paczka przesyłka dostawa zwrot mam chcę proszę tak",
    ),
    (
        "tr",
        "bir ve veya ama bu şu ben sen o biz siz benim sizin ne nerede zaman nasıl neden kim değil ile için merhaba teşekkürler
         sipariş siparişim kargo paket teslimat iade istiyorum var yok evet hayır lütfen",
    ),
];

/// Words that tell a language on their own. Other single words may be names.
pub const GREETINGS: &[(&str, &str)] = &[
    ("hallo", "de"),
    ("danke", "de"),
    ("bestellung", "de"),
    ("bonjour", "fr"),
    ("merci", "fr"),
    ("salut", "fr"),
    ("commande", "fr"),
    ("hola", "es"),
    ("gracias", "es"),
    ("pedido", "es"),
    ("ciao", "it"),
    ("buongiorno", "it"),
    ("grazie", "it"),
    ("ordine", "it"),
    ("bedankt", "nl"),
    ("bestelling", "nl"),
    ("olá", "pt"),
    ("obrigado", "pt"),
    ("obrigada", "pt"),
    ("hej", "sv"),
    ("tack", "sv"),
    ("merhaba", "tr"),
    ("siparişim", "tr"),
];

/// ISO 639-3, as the detector says it, and ISO 639-1.
pub const TWO_LETTERS: &[(&str, &str)] = &[
    ("ara", "ar"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("ind", "id"),
    ("ita", "it"),
    ("jpn", "ja"),
    ("kor", "ko"),
    ("nld", "nl"),
    ("nob", "no"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("slk", "sk"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tha", "th"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("vie", "vi"),
];
