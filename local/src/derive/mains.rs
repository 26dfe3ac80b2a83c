//! The mains of the functions and their entries in the wing's `Cargo.toml`.
use shared::{function::Function, wing::Wing};

use super::Files;

/// `rustfmt.toml` breaks lines that are longer.
const WIDTH: usize = 110;

/// All mains of `wing`, and the section of its `Cargo.toml`.
pub(super) fn write(wing: &Wing, functions: &[&Function], files: &mut Files) {
    for function in functions {
        files.whole(format!("functions/{}/{}", wing.name, path(function)), main(function));
    }
    let entries: Vec<_> = functions.iter().map(|function| entry(function)).collect();
    files.section(format!("functions/{}/Cargo.toml", wing.name), entries.concat());
}

fn path(function: &Function) -> String {
    format!("src/bin/{}.rs", function.name)
}

/// Tests never build two hundred binaries: a main has nothing to test.
fn entry(function: &Function) -> String {
    let (name, path) = (function.name, path(function));
    format!("\n[[bin]]\nname = \"{name}\"\npath = \"{path}\"\ntest = false\nbench = false\ndoc = false\n")
}

fn main(function: &Function) -> String {
    let call = format!("    shared::runtime::serve(&{}::FUNCTION)", function.module);
    let call = if call.len() <= WIDTH {
        call
    } else {
        format!("    shared::runtime::serve(\n        &{}::FUNCTION,\n    )", function.module)
    };
    let summary = comment(function.summary);
    format!("{summary}fn main() -> std::process::ExitCode {{\n{call}\n}}\n")
}

/// `text` as the doc comment of a file.
fn comment(text: &str) -> String {
    let mut lines = vec!["//!".to_owned()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("//! {word}")),
        }
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};

    #[test]
    fn a_main_is_three_lines_and_what_the_function_does() {
        assert_eq!(
            main(&testing::PAY),
            "//! Pays somebody.\nfn main() -> std::process::ExitCode {\n    \
             shared::runtime::serve(&trial::endpoints::payment::make::FUNCTION)\n}\n"
        );
    }
}
