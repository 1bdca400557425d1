//! Queries in one language for memories in another, without a word in common (SE-14).

use super::{entry, search};
use crate::{Filter, index::Segment};

const ENGLISH: [&str; 6] = [
    "Ada keeps a dog and two rabbits",
    "The family spends every summer by the sea",
    "The school closes early on Fridays",
    "The doctor has prescribed antibiotics",
    "Her favourite book is about lighthouses",
    "The restaurant serves no nuts",
];

/// The memory that a query must find first, by its position.
const ON_ENGLISH: [(&str, usize); 16] = [
    ("谁有狗？", 0),
    ("犬", 0),
    ("Wer hat einen Hund?", 0),
    ("¿Dónde pasa el verano la familia?", 1),
    ("famille", 1),
    ("家族の夏", 1),
    ("школа", 2),
    ("学校几点关门？", 2),
    ("학교", 2),
    ("scuola", 2),
    ("врач", 3),
    ("पुस्तक", 4),
    ("книга", 4),
    ("boek", 4),
    ("كتاب", 4),
    ("restaurante", 5),
];

const OTHERS: [&str; 6] = [
    "Der Hund schläft im Garten",
    "La familia come a las dos de la noche",
    "Школа закрыта по субботам",
    "医生让我多喝水",
    "उसकी पुस्तक मेज पर है",
    "여동생의 학교는 부산에 있다",
];

const IN_ENGLISH: [(&str, usize); 6] = [
    ("where is the dog", 0),
    ("when does the family eat", 1),
    ("is the school closed", 2),
    ("advice of the doctor", 3),
    ("books", 4),
    ("family dinner", 1),
];

/// SE-14
#[test]
fn english_memory_is_found_by_query_in_another_language() {
    assert_first(ENGLISH, &ON_ENGLISH);
}

/// SE-14
#[test]
fn memory_in_another_language_is_found_by_english_query() {
    assert_first(OTHERS, &IN_ENGLISH);
}

/// SE-14
#[test]
fn memory_in_the_language_of_the_query_comes_first() {
    let memories = [
        "The insurance pays for the broken window",
        "Die Versicherung wurde gekündigt",
        "My sister bought a bicycle",
        "Las bicicletas están en el garaje",
        "He sold the bicycle in June",
        "Bananen sind im Angebot",
    ];
    assert_first(memories, &[("Versicherungen", 1), ("bicicleta", 3)]);
}

/// SE-09, SE-14
#[test]
fn word_of_a_language_is_no_typo() {
    // "Miete" is rent; "Mieze" and "Mette" are one edit away.
    let memories = [
        "The rent is due on Monday",
        "Mieze sleeps on the sofa",
        "Mette plays chess",
        "Met the landlord",
        "The window is open",
        "A new bed",
    ];
    assert_first(memories, &[("Miete", 0)]);
}

fn assert_first(memories: [&str; 6], queries: &[(&str, usize)]) {
    let entries: Vec<_> = (1..).zip(memories).map(|(id, text)| entry(id, text)).collect();
    let segment = Segment::build(&entries);
    for (query, memory) in queries {
        let hits = search(&[&segment], query, None, &Filter::default(), |_, _| false, 6).expect("well formed");
        let found: Vec<_> = hits.iter().map(|hit| memories[hit.id as usize - 1]).collect();
        assert_eq!(found.first(), Some(&memories[*memory]), "{query}: {found:?}");
    }
}
