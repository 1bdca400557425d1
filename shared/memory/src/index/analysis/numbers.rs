//! Numbers in digits: the end of long ones, and amounts.

/// Digits at the end of a telephone number, independent of country code, the area code's zero and spaces.
const SUBSCRIBER: usize = 7;

/// The end of a telephone number. Numbers of other lengths are no telephone numbers.
pub(crate) fn subscriber(digits: &str) -> Option<&str> {
    let is_phone = (9..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_phone.then(|| &digits[digits.len() - SUBSCRIBER..])
}

/// The digits of an amount in groups without its two decimals: 1299 of "1,299.99". The parts of others are words of their own.
pub(crate) fn whole_amount(word: &str) -> Option<String> {
    let groups: Vec<_> = word.split(|character: char| !character.is_ascii_digit()).collect();
    let (decimals, groups) = groups.split_last()?;
    let (first, others) = groups.split_first()?;
    let is_grouped = (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3);
    (is_grouped && !others.is_empty() && decimals.len() == 2).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SE-04
    #[test]
    fn telephone_numbers_end_alike() {
        assert_eq!(subscriber("4917612345678"), subscriber("017612345678"));
        assert_eq!(subscriber("2031"), None);
    }

    /// SE-04
    #[test]
    fn amount_is_found_without_its_decimals() {
        for (word, digits) in [
            ("1,299.99", Some("1299")),
            ("1.250,50", Some("1250")),
            ("12'500.00", Some("12500")),
            ("12,500", None),
            ("4.40", None),
            ("192.168.1.10", None),
            ("12.05.99", None),
            ("tea", None),
        ] {
            assert_eq!(whole_amount(word).as_deref(), digits, "{word}");
        }
    }
}
