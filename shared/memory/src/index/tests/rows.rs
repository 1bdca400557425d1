//! One memory per kind of difference between its words and those of a query. All of them are in one index.

use super::{entry, search};
use crate::{Filter, index::Segment};

/// Memory and query.
const ROWS: &[(&str, &str)] = &[
    // SE-01
    ("Grace works at the Cafe\u{301} Ren\u{e9}.", "Café René"),
    ("会議室はＫＬ９０２です。", "KL902"),
    ("朝食はトーストとサラダ。", "ﾄｰｽﾄ"),
    ("The ﬂute is in the attic.", "flute"),
    // SE-02
    ("The notary is Señora Ibáñez.", "Ibanez"),
    ("Uncle Andre lives in Orleans.", "André Orléans"),
    ("Herr Schröder repariert das Dach.", "Schroeder"),
    ("Das Büro ist in der Hauptstraße.", "Hauptstrasse"),
    ("Бабушка варит мёд.", "мед"),
    ("Bánh mì ở Đà Nẵng rất ngon.", "Da Nang"),
    ("اسم المدينة عَمَّان", "عمان"),
    ("Ο παππούς ζει στην Πάτρα.", "πατρα"),
    // SE-03
    ("Invoices go to karla.stein@ahorn-werk.example.", "karla.stein@ahorn-werk.example"),
    ("Ask peter.lindqvist@fjord-print.example about paper.", "lindqvist"),
    ("Orders: sales@hazelmill.example.", "hazelmill"),
    ("Status page: https://status.brandeis.example/incidents.", "brandeis"),
    ("Drafts live under https://files.example/tangerine/v3/new.", "tangerine"),
    ("The leak is in parseInvoiceTotals of the importer.", "invoice totals"),
    ("The flag is called enable_dark_mode.", "dark mode"),
    ("Raise app.cache.redis.timeToLive to 90.", "redis"),
    ("The slides are board_meeting_march.key.", "board meeting"),
    ("The variable is SESSION_IDLE_LIMIT", "idle limit"),
    ("The shelf is 85cm deep.", "85 cm"),
    ("The cafe is called D'Arcy's.", "darcys"),
    ("The roadmap is in PRDs on the wiki.", "product requirements documents"),
    ("Bought a T-shirt in Lisbon.", "tshirt"),
    ("Grace learns F# at night.", "F#"),
    ("The engine is written in C++.", "C++"),
    ("The intranet runs on .NET.", ".NET"),
    // SE-04
    ("The kitchen cost 18,750 euros.", "18750"),
    ("The roofer's number is +49 160 9876543.", "+491609876543"),
    ("The gardener's number is +43 664 5551234.", "0664 5551234"),
    ("Account AT61 1904 3002 3457 3201.", "AT611904300234573201"),
    ("The trailer's plate is M-AB 2307.", "MAB2307"),
    ("The visa ends 2032-09-21.", "visa 21 September 2032"),
    ("The warranty ends on May 6th, 2033.", "2033-05-06"),
    ("Rollback to commit 7c4a8d09ca3762af61e59520943dc264.", "7c4a8d0"),
    ("Owns four canaries.", "4 canaries"),
    ("The recital is on 14 August at six.", "August 14th"),
    // SE-05
    ("L'ascenseur de l'immeuble est en panne.", "ascenseur"),
    ("Il compleanno dell'amica è a luglio.", "amica"),
    ("Bursa'da bir bahçesi var.", "bursa"),
    ("يفضل الشاي مع النعناع", "شاي"),
    ("הם גרים בחיפה", "חיפה"),
    ("הילדה אוהבת דגים", "דג"),
    ("मिठाइयाँ मेज पर हैं", "मिठाई"),
    // SE-06, SE-07
    ("Отпуск будет в Казани.", "Казань"),
    ("할머니는 제주에서 살아요.", "제주"),
    ("직장은 푸른소프트입니다.", "소프트"),
    ("好きな食べ物はチーズケーキ。", "ケーキ"),
    ("他住在南京鼓楼区。", "鼓楼"),
    ("หมาชื่อข้าวตัง", "ข้าวตัง"),
    // SE-08
    ("Die Haftpflichtversicherung läuft bis Mai.", "Versicherung"),
    ("Der Zahnarzttermin ist im Juni.", "Zahnarzt"),
    ("Der Deckel für den Topf fehlt.", "Topfdeckel"),
    ("De autoverzekering is opgezegd.", "verzekering"),
    ("The new dishwasher hums.", "dish washer"),
    ("The dishes are in the cupboard.", "dishes"),
    ("Bilförsäkringen gäller till mars.", "försäkring"),
    // SE-09, SE-10
    ("The best bakery is Pasticceria Romano.", "pasticeria"),
    ("The neighbour is Mrs. Wojciechowska.", "Wojciehowska"),
    ("Takes metoprolol in the evening.", "metopro"),
    ("Hunden heter Pelle.", "hund"),
    ("Dům je v Brně.", "Brno"),
    // SE-11
    ("Favourite album: Let It Be.", "Let It Be"),
    ("Favourite novel: Them.", "Them"),
    ("Studies IT in Graz.", "IT"),
    ("Grace flies to the US in May.", "US"),
    ("The landlord told us about the leak.", "told us"),
    ("Motto: all for one and one for all.", "all for one"),
    ("The gift wish: 🎻🦉", "🦉"),
    ("Cannot stand 🍄 on pizza.", "mushroom"),
    ("Member of the European Space Agency.", "ESA"),
];

/// SE-01, SE-02, SE-03, SE-04, SE-05, SE-06, SE-07, SE-08, SE-09, SE-10, SE-11
#[test]
fn memory_is_found_first_in_spite_of_differences() {
    let entries: Vec<_> = (1..).zip(ROWS).map(|(id, (memory, _))| entry(id << 90, memory)).collect();
    let segment = Segment::build(&entries);
    let mut missed = Vec::new();
    for (entry, (_, query)) in entries.iter().zip(ROWS) {
        let hits = search(&[&segment], query, None, &Filter::default(), |_, _| false, 5).expect("well formed");
        if hits.first().is_none_or(|hit| hit.id != entry.id) {
            let first = hits.first().and_then(|hit| entries.iter().find(|other| other.id == hit.id));
            missed.push((query, first.map(|entry| &entry.text)));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}
