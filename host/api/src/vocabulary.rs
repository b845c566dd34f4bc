//! The vocabulary of the observational API: it watches, it does not advise.
//!
//! No answer under `/v1` holds the words "buy" or "sell", whoever wrote them: a plugin's label, a posted note, a name.
//! [`rewrite_json`] looks at every string of a finished JSON text, keys included, and puts an observational word in
//! place of each. A word is bounded by anything that is not an ASCII letter, so `STRONG_BUY` and `BUY2` count too.

use std::borrow::Cow;

/// The words, and what stands in for them.
const WORDS: [(&str, &str); 2] = [("buy", "accumulation"), ("sell", "distribution")];

/// Whether `text` holds one of the words, in any case.
pub fn is_advice(text: &str) -> bool {
    next_word(text, 0).is_some()
}

/// Puts observational words in place of advice; the case of each word is kept. Also answers how many were replaced.
pub fn rewrite(text: &str) -> (Cow<'_, str>, usize) {
    let mut out = String::new();
    let (mut from, mut count) = (0, 0);
    while let Some((start, end, stand_in)) = next_word(text, from) {
        out.push_str(&text[from..start]);
        out.push_str(&in_case_of(&text[start..end], stand_in));
        (from, count) = (end, count + 1);
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    out.push_str(&text[from..]);
    (Cow::Owned(out), count)
}

/// Rewrites every string of a JSON text, keys included; all else stays byte for byte.
pub fn rewrite_json(json: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let mut out: Vec<u8> = Vec::new();
    let (mut copied, mut position, mut count) = (0, 0, 0);
    while let Some(start) = find(json, position, b'"') {
        let end = string_end(json, start);
        position = end;
        if let Some((replaced, words)) = rewrite_token(&json[start..end]) {
            out.extend_from_slice(&json[copied..start]);
            out.extend_from_slice(&replaced);
            (copied, count) = (end, count + words);
        }
    }
    if count == 0 {
        return (Cow::Borrowed(json), 0);
    }
    out.extend_from_slice(&json[copied..]);
    (Cow::Owned(out), count)
}

/// Escapes can hide a word or its border (`\n` before it), so a suspicious token is decoded first.
fn rewrite_token(token: &[u8]) -> Option<(Vec<u8>, usize)> {
    let escaped = token.contains(&b'\\');
    let suspicious =
        escaped || WORDS.iter().any(|(word, _)| contains_ignoring_case(token, word.as_bytes())) || !token.is_ascii();
    if !suspicious {
        return None;
    }
    let text: String = serde_json::from_slice(token).ok()?;
    let (rewritten, words) = rewrite(&text);
    let encoded = serde_json::to_string(&rewritten).ok()?;
    if is_advice(&encoded) {
        // A backspace is written `\b` and can look like the first letter of a word to those who search the raw text.
        let plain = rewritten.replace('\u{8}', " ");
        return Some((serde_json::to_vec(&plain).ok()?, words + 1));
    }
    if words == 0 { None } else { Some((encoded.into_bytes(), words)) }
}

fn find(json: &[u8], from: usize, byte: u8) -> Option<usize> {
    json.get(from..)?.iter().position(|candidate| *candidate == byte).map(|at| from + at)
}

/// Position after the closing quote of the string that starts at `start`.
fn string_end(json: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < json.len() {
        match json[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    json.len()
}

fn contains_ignoring_case(haystack: &[u8], word: &[u8]) -> bool {
    haystack.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

fn next_word(text: &str, from: usize) -> Option<(usize, usize, &'static str)> {
    text[from..].char_indices().map(|(at, _)| from + at).find_map(|start| {
        let (length, stand_in) =
            WORDS.iter().find_map(|(word, stand_in)| Some((matches_at(text, start, word)?, *stand_in)))?;
        let bounded = |neighbour: Option<char>| neighbour.is_none_or(|c| !c.is_ascii_alphabetic());
        let fits = bounded(text[..start].chars().next_back()) && bounded(text[start + length..].chars().next());
        fits.then_some((start, start + length, stand_in))
    })
}

/// Length in bytes of `word` at `start`, ignoring case; the long s is an s to case-insensitive readers.
fn matches_at(text: &str, start: usize, word: &str) -> Option<usize> {
    let mut length = 0;
    let mut letters = text[start..].chars();
    for expected in word.chars() {
        let letter = letters.next()?;
        let folded = if letter == 'ſ' { 's' } else { letter.to_ascii_lowercase() };
        if folded != expected {
            return None;
        }
        length += letter.len_utf8();
    }
    Some(length)
}

fn in_case_of(original: &str, stand_in: &str) -> String {
    let mut letters = original.chars();
    let first_upper = letters.next().is_some_and(char::is_uppercase);
    if first_upper && letters.all(char::is_uppercase) {
        return stand_in.to_uppercase();
    }
    let (head, tail) = stand_in.split_at(1);
    if first_upper { head.to_uppercase() + tail } else { stand_in.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_of_advice_are_replaced_and_nothing_else() {
        for (text, expected) in [
            ("BUY now", "ACCUMULATION now"),
            ("Strong Buy", "Strong Accumulation"),
            ("sell,buy", "distribution,accumulation"),
            ("STRONG_SELL", "STRONG_DISTRIBUTION"),
            ("x\nBUY", "x\nACCUMULATION"),
            ("(sElL)", "(distribution)"),
            ("ſell", "distribution"),
            ("buyer sells BUYING resell unsell", "buyer sells BUYING resell unsell"),
            ("BUY2 4sell", "ACCUMULATION2 4distribution"),
            ("", ""),
            ("日本BUY日本", "日本ACCUMULATION日本"),
        ] {
            assert_eq!(rewrite(text).0, expected, "{text}");
        }
    }

    #[test]
    fn json_keeps_its_bytes_around_the_words() {
        for (json, expected, words) in [
            (r#"{"b":1.50,"a":"BUY"}"#, r#"{"b":1.50,"a":"ACCUMULATION"}"#, 1),
            (r#"{"sell":"\u0042UY \"x\""}"#, r#"{"distribution":"ACCUMULATION \"x\""}"#, 2),
            (r#"["a\\","x\nsell","\\"]"#, r#"["a\\","x\ndistribution","\\"]"#, 1),
            (r#"["\buy"]"#, r#"[" uy"]"#, 1),
            (r#"{"clean":"\u00e9"}"#, r#"{"clean":"\u00e9"}"#, 0),
            (r#""unfinished BUY"#, r#""unfinished BUY"#, 0),
            ("", "", 0),
        ] {
            let (out, count) = rewrite_json(json.as_bytes());
            assert_eq!((std::str::from_utf8(&out).expect("utf-8"), count), (expected, words), "{json}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_left_and_json_stays_json(parts in proptest::collection::vec("(buy|SELL|Buy|uy| |_|\\n|\\x08|\"|\\\\|é|x|ſ)", 0..20)) {
            let text = parts.concat();
            prop_assert!(!is_advice(&rewrite(&text).0), "{}", rewrite(&text).0);
            let json = serde_json::to_vec(&serde_json::json!({ text.clone(): [text] })).expect("json");
            let (out, _) = rewrite_json(&json);
            prop_assert!(!is_advice(std::str::from_utf8(&out).expect("utf-8")), "{:?}", out);
            let back: serde_json::Value = serde_json::from_slice(&out).expect("still json");
            for (key, value) in back.as_object().expect("object") {
                prop_assert!(!is_advice(key) && !is_advice(value[0].as_str().expect("text")));
            }
        }

        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = rewrite_json(&bytes);
        }
    }
}
