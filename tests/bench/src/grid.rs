//! Tables that read well at a terminal and are Markdown as well.
use std::fmt;

/// A table: its head, then its rows.
#[derive(Debug)]
pub(crate) struct Grid(Vec<Vec<String>>);

impl Grid {
    /// A table with these columns. A name that begins with `>` is the name of a column of numbers.
    pub fn new(head: &[&str]) -> Self {
        Self(vec![head.iter().map(|&name| name.to_owned()).collect()])
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.into());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.0.len() == 1
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<bool> = self.0[0].iter().map(|name| name.starts_with('>')).collect();
        let text = |cell: &str| cell.strip_prefix('>').unwrap_or(cell).to_owned();
        let width = |column: usize| {
            let cells = self.0.iter().filter_map(|row| row.get(column));
            cells.map(|cell| text(cell).chars().count()).max().unwrap_or(0).max(2)
        };
        let widths: Vec<usize> = (0..numbers.len()).map(width).collect();
        for (line, row) in self.0.iter().enumerate() {
            for ((cell, &width), &number) in row.iter().zip(&widths).zip(&numbers) {
                let cell = text(cell);
                if number { write!(f, "| {cell:>width$} ")? } else { write!(f, "| {cell:<width$} ")? }
            }
            writeln!(f, "|")?;
            if line == 0 {
                for (&width, &number) in widths.iter().zip(&numbers) {
                    let rule = "-".repeat(width + 1);
                    if number { write!(f, "|{rule}:")? } else { write!(f, "|{rule}-")? }
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// A number of milliseconds.
pub(crate) fn ms(value: f64) -> String {
    format!("{value:.2}")
}

/// A number of units: whole where it is whole.
pub(crate) fn units(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_markdown() {
        let mut grid = Grid::new(&["name", ">units"]);
        grid.row(["a long name".to_owned(), units(2.0)]);
        grid.row(["b".to_owned(), units(10.5)]);
        let expected = "| name        | units |\n|-------------|------:|\n| a long name |     2 |\n| b           |  10.5 |\n";
        assert_eq!(grid.to_string(), expected);
    }
}
