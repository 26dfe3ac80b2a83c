//! The plain page at `/`: what is served, and where to look.
use std::fmt::Write as _;

use crate::{helpers::Listed, wings::Mounted};

const LINKS: [(&str, &str); 5] = [
    ("/_local/inbox", "inbox: every SMS, mail and push"),
    ("/_local/queues", "queues and dead letters"),
    ("/_local/requests", "last requests and their cost"),
    ("/_local/clock", "clock"),
    ("/_local/functions", "functions as JSON"),
];

/// The page.
pub(crate) fn render(wings: &[Mounted], functions: &[Listed]) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><title>Quintet — local cloud</title>\
         <style>body{font:15px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}\
         td,th{text-align:left;padding:.15rem .8rem .15rem 0;vertical-align:top}code{font-size:.9em}</style>\
         <h1>Quintet — local cloud</h1><ul>",
    );
    for (path, title) in LINKS {
        push(&mut page, format_args!("<li><a href=\"{path}\">{title}</a>"));
    }
    page.push_str("</ul>");
    for (wing, _) in wings {
        push(
            &mut page,
            format_args!("<h2>{}</h2><p><code>{}</code><table>", escape(wing.title), escape(wing.base_path)),
        );
        for function in functions.iter().filter(|function| function.service == wing.name) {
            let trigger = match (function.method, &function.path, function.queue, &function.schedule) {
                (Some(method), Some(path), ..) => format!("{method} {path}"),
                (.., Some(queue), _) => format!("queue {queue}"),
                (.., Some(schedule)) => schedule.clone(),
                _ => function.kind.to_owned(),
            };
            let (name, summary) = (escape(function.name), escape(function.summary));
            let access = function.access.unwrap_or_default();
            push(
                &mut page,
                format_args!("<tr><td><code>{}</code><td>{access}<td>{name}<td>{summary}", escape(&trigger)),
            );
        }
        page.push_str("</table>");
    }
    page
}

fn push(page: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _infallible = page.write_fmt(what);
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
