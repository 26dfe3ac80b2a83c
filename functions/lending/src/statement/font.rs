//! Helvetica, which every reader of PDF has: how wide its letters are and how texts are written in its
//! encoding.

/// Widths of the letters from space to tilde in thousandths of the size (Adobe's font metrics of Helvetica).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// What other letters are taken to be.
const USUAL: u16 = 556;

/// `text` in the encoding `WinAnsi`. The font has Latin letters only: others become question marks.
pub fn encoded(text: &str) -> Vec<u8> {
    text.chars().map(encoded_char).collect()
}

fn encoded_char(c: char) -> u8 {
    match (c, u8::try_from(u32::from(c))) {
        ('‘', _) => 0x91,
        ('’', _) => 0x92,
        ('“', _) => 0x93,
        ('”', _) => 0x94,
        ('–', _) => 0x96,
        ('—', _) => 0x97,
        (_, Ok(byte @ (0x20..=0x7e | 0xa0..))) => byte,
        _ => b'?',
    }
}

/// How wide `text` is at `size` points.
pub fn width(text: &str, size: f32) -> f32 {
    let letter = |c: char| {
        let place = usize::from(encoded_char(c)).checked_sub(0x20);
        f32::from(place.and_then(|place| WIDTHS.get(place)).copied().unwrap_or(USUAL))
    };
    text.chars().map(letter).sum::<f32>() * size / 1000.0
}

/// `text` in lines of at most `most` points. Words that are wider than a line are broken.
pub fn wrapped(text: &str, size: f32, most: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        for (index, piece) in pieces(word, size, most).into_iter().enumerate() {
            let Some(line) = lines.last_mut() else { continue };
            let gap = if line.is_empty() || index > 0 { "" } else { " " };
            if width(line, size) + width(gap, size) + width(&piece, size) <= most {
                line.push_str(gap);
                line.push_str(&piece);
            } else {
                lines.push(piece);
            }
        }
    }
    lines
}

fn pieces(word: &str, size: f32, most: f32) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        let Some(piece) = pieces.last_mut() else { continue };
        if piece.is_empty() || width(piece, size) + width(&c.to_string(), size) <= most {
            piece.push(c);
        } else {
            pieces.push(c.to_string());
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        for (text, thousandths) in
            [("", 0.0), (" ", 278.0), ("0", 556.0), ("W", 944.0), ("~", 584.0), ("Rs.", 1500.0)]
        {
            assert!((width(text, 1000.0) - thousandths).abs() < 0.1, "{text}");
        }
    }

    #[test]
    fn lines_are_never_wider_than_allowed_and_nothing_is_lost() {
        let text = "Payment received for LN-202601-000001 UTIBN5202602050001234500000000000000000000000000000 in full";
        let lines = wrapped(text, 8.0, 90.0);
        assert!(lines.iter().all(|line| width(line, 8.0) <= 90.0), "{lines:?}");
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(text));
        assert_eq!(wrapped("", 8.0, 90.0), [""]);
    }

    #[test]
    fn latin_names_are_written_and_others_marked() {
        assert_eq!(encoded("D’Souza é"), b"D\x92Souza \xe9");
        assert_eq!(encoded("आशा"), b"???");
        assert_eq!(encoded("a\u{85}\n"), b"a??");
    }
}
