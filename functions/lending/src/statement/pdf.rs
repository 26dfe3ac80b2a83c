//! Pages of text and tables: A4, Helvetica, nothing that a reader would have to fetch.
use pdf_writer::{Content, Name, Pdf, Rect, Ref, Str, TextStr};

use super::font::{encoded, width, wrapped};

const PAGE: (f32, f32) = (595.28, 841.89);
const MARGIN: f32 = 40.0;
const TEXT_WIDTH: f32 = PAGE.0 - 2.0 * MARGIN;
/// Nothing but the footer stands below.
const BOTTOM: f32 = 60.0;
const PLAIN: Name<'static> = Name(b"Plain");
const BOLD: Name<'static> = Name(b"Bold");
const SMALL: f32 = 8.0;
const USUAL: f32 = 10.0;
/// Points between two cells.
const GAP: f32 = 6.0;

/// On which side the texts of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Words.
    Left,
    /// Amounts.
    Right,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its headline.
    pub title: &'static str,
    /// In points; all of a table together at most 515.
    pub width: f32,
    /// Where its texts stand.
    pub side: Side,
}

/// A row of a table, with as many texts as there are columns.
#[derive(Debug, Clone)]
pub struct Row<const N: usize> {
    /// The texts.
    pub cells: [String; N],
    /// For sums and balances.
    pub bold: bool,
}

/// A document under way, written from top to bottom.
pub struct Document {
    title: String,
    pages: Vec<Content>,
    /// Where the next line ends above.
    y: f32,
}

impl Document {
    /// A document with its title on the first page.
    pub fn new(title: &str) -> Self {
        let mut document = Self { title: title.to_owned(), pages: Vec::new(), y: 0.0 };
        document.begin_page();
        document.line(title, BOLD, 16.0);
        document.space(10.0);
        document
    }

    /// A fact with its name.
    pub fn fact(&mut self, name: &str, value: &str) {
        for (index, part) in wrapped(value, USUAL, TEXT_WIDTH - 150.0).iter().enumerate() {
            self.make_room(14.0);
            self.y -= 14.0;
            if index == 0 {
                self.text(name, PLAIN, USUAL, MARGIN);
            }
            self.text(part, BOLD, USUAL, MARGIN + 150.0);
        }
    }

    /// Running text.
    pub fn paragraph(&mut self, text: &str) {
        for line in wrapped(text, USUAL, TEXT_WIDTH) {
            self.line(&line, PLAIN, USUAL);
        }
        self.space(8.0);
    }

    /// Nothing, so many points high.
    pub fn space(&mut self, height: f32) {
        self.y -= height;
    }

    /// A table. Its headline is repeated on every page, and no row is torn apart.
    pub fn table<const N: usize>(&mut self, columns: &[Column; N], rows: impl IntoIterator<Item = Row<N>>) {
        self.headline(columns);
        for row in rows {
            let cells: Vec<Vec<String>> = (columns.iter().zip(&row.cells))
                .map(|(column, text)| wrapped(text, SMALL, column.width - GAP))
                .collect();
            let lines = cells.iter().map(Vec::len).max().unwrap_or_default();
            if self.make_room(LINE * f32::from(u16::try_from(lines).unwrap_or(u16::MAX))) {
                self.headline(columns);
            }
            self.row(columns, &cells, if row.bold { BOLD } else { PLAIN });
        }
    }

    /// The bytes of the file. `footer` stands on every page, before its number.
    pub fn finish(mut self, footer: &str) -> Vec<u8> {
        let count = self.pages.len();
        for (index, page) in self.pages.iter_mut().enumerate() {
            let text = format!("{footer}. Page {} of {count}.", index + 1);
            show(page, &text, PLAIN, SMALL, MARGIN, MARGIN);
        }

        let mut next = Ref::new(1);
        let (catalog, tree, info, plain, bold) =
            (next.bump(), next.bump(), next.bump(), next.bump(), next.bump());
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree);
        pdf.document_info(info).title(TextStr(&self.title)).producer(TextStr("Quintet"));
        for (font, name) in [(plain, Name(b"Helvetica")), (bold, Name(b"Helvetica-Bold"))] {
            pdf.type1_font(font).base_font(name).encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        let mut kids = Vec::new();
        for content in self.pages {
            let (id, stream) = (next.bump(), next.bump());
            kids.push(id);
            let mut page = pdf.page(id);
            page.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).parent(tree).contents(stream);
            page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
            drop(page);
            pdf.stream(stream, &content.finish());
        }
        pdf.pages(tree).count(i32::try_from(kids.len()).unwrap_or(i32::MAX)).kids(kids);
        pdf.finish()
    }

    fn begin_page(&mut self) {
        self.pages.push(Content::new());
        self.y = PAGE.1 - MARGIN;
    }

    /// Begins a page when less than `height` is left on this one; `true` if so.
    fn make_room(&mut self, height: f32) -> bool {
        let full = self.y - height < BOTTOM;
        if full {
            self.begin_page();
        }
        full
    }

    fn line(&mut self, text: &str, font: Name<'static>, size: f32) {
        self.make_room(size * 1.4);
        self.y -= size * 1.4;
        self.text(text, font, size, MARGIN);
    }

    fn text(&mut self, text: &str, font: Name<'static>, size: f32, x: f32) {
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            show(page, text, font, size, x, y);
        }
    }

    fn headline<const N: usize>(&mut self, columns: &[Column; N]) {
        // Never alone at the foot of a page.
        self.make_room(4.0 * LINE);
        let titles: Vec<Vec<String>> = columns.iter().map(|column| vec![column.title.to_owned()]).collect();
        self.row(columns, &titles, BOLD);
        let y = self.y - 3.0;
        if let Some(page) = self.pages.last_mut() {
            page.set_line_width(0.5).move_to(MARGIN, y).line_to(MARGIN + TEXT_WIDTH, y).stroke();
        }
        self.space(3.0);
    }

    fn row(&mut self, columns: &[Column], cells: &[Vec<String>], font: Name<'static>) {
        let top = self.y;
        let mut lowest = top;
        let mut x = MARGIN;
        for (column, lines) in columns.iter().zip(cells) {
            self.y = top;
            for line in lines {
                self.y -= LINE;
                let indent = match column.side {
                    Side::Left => 0.0,
                    Side::Right => column.width - GAP - width(line, SMALL),
                };
                self.text(line, font, SMALL, x + indent);
            }
            lowest = lowest.min(self.y);
            x += column.width;
        }
        self.y = lowest;
    }
}

/// The height of a line of a table.
const LINE: f32 = 12.0;

fn show(page: &mut Content, text: &str, font: Name<'static>, size: f32, x: f32, y: f32) {
    page.begin_text();
    page.set_font(font, size);
    page.next_line(x, y);
    page.show(Str(&encoded(text)));
    page.end_text();
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Document")
            .field("title", &self.title)
            .field("pages", &self.pages.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// What is written in a file, piece by piece: the strings that are shown, brackets unescaped.
    pub fn texts(file: &[u8]) -> Vec<String> {
        let file: String = file.iter().map(|byte| char::from(*byte)).collect();
        let shown =
            file.lines().filter_map(|line| line.strip_prefix('(')?.strip_suffix(") Tj").map(str::to_owned));
        shown.map(|text| text.replace("\\(", "(").replace("\\)", ")").replace("\\\\", "\\")).collect()
    }

    /// The objects of a file, found through its cross-reference table as a reader finds them. Panics where an
    /// offset does not lead to the object that the table names.
    pub fn objects(file: &[u8]) -> usize {
        // One byte for one letter, so that offsets stay.
        let text: String = file.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect();
        assert!(text.starts_with("%PDF-1.") && text.trim_end().ends_with("%%EOF"));
        let start =
            text.rsplit("startxref").next().unwrap().lines().nth(1).unwrap().parse::<usize>().unwrap();
        let table = text[start..].strip_prefix("xref").unwrap();
        let mut lines = table.trim_start().lines();
        let count: usize = lines.next().unwrap().strip_prefix("0 ").unwrap().trim().parse().unwrap();
        for (number, line) in lines.take(count).enumerate().skip(1) {
            let offset: usize = line.split(' ').next().unwrap().parse().unwrap();
            assert!(text[offset..].starts_with(&format!("{number} 0 obj")), "{line}");
        }
        assert!(text.contains("trailer") && text.contains("/Root 1 0 R"));
        count - 1
    }

    const COLUMNS: [Column; 2] = [
        Column { title: "What", width: 300.0, side: Side::Left },
        Column { title: "Amount", width: 100.0, side: Side::Right },
    ];

    fn table(rows: usize) -> Vec<u8> {
        let mut document = Document::new("A table (long)");
        let row = |n| Row { cells: [format!("Row {n}"), format!("{n}.00")], bold: false };
        document.table(&COLUMNS, (0..rows).map(row));
        document.finish("Generated for a test")
    }

    #[test]
    fn a_file_is_one_that_a_reader_can_follow() {
        // Catalog, tree, info, two fonts, and a page with its stream.
        assert_eq!(objects(&table(3)), 7);
        let texts = texts(&table(3));
        assert_eq!(texts[..5], ["A table (long)", "What", "Amount", "Row 0", "0.00"]);
        assert_eq!(texts.last().unwrap(), "Generated for a test. Page 1 of 1.");
    }

    #[test]
    fn a_long_table_goes_on_with_its_headline_and_loses_no_row() {
        let file = table(150);
        let texts = texts(&file);
        let pages = texts.iter().filter(|text| *text == "What").count();
        assert_eq!(pages, 3);
        assert_eq!(objects(&file), 5 + 2 * pages);
        assert!((0..150).all(|n| texts.contains(&format!("Row {n}"))));
        assert!(texts.contains(&"Generated for a test. Page 3 of 3.".to_owned()));
    }

    #[test]
    fn brackets_and_backslashes_of_a_name_do_not_end_a_string() {
        let mut document = Document::new("Title");
        document.fact("Name", r"Asha (\) Verma");
        assert!(texts(&document.finish("x")).contains(&r"Asha (\) Verma".to_owned()));
    }
}
