//! A borrower whose profile is complete.
use lending::{
    WING,
    borrower::{
        AdditionalDetails, BasicDetails, FullName, Gender, MaritalStatus, Occupation, PanTaken, PhoneTaken,
        Pincode, User, UserId,
    },
};
use shared::{
    app::App,
    error::Error,
    http::Parsed,
    id::Id,
    identity::{Vault, vault::lookup},
    table::Write,
};

/// The borrower `index` of the stock, and the write that makes them. Their numbers begin with 7, so that nobody in a walk has
/// one of them.
pub(super) fn signed_up(app: &App, index: usize) -> Result<(UserId, Write), Error> {
    let id: UserId = Id::new(app.now(), app.random());
    let vault = Vault::of(app)?;
    let (phone, pan) =
        (format!("7{index:09}"), format!("BNCHA{:04}{}", index % 10_000, letter(index / 10_000)));
    let phone_lookup = lookup(app, WING.tag, "phone", &phone)?;
    // Not the PAN alone: there are more borrowers than numbers of this form.
    let pan_lookup = lookup(app, WING.tag, "pan", &format!("{pan}{index}"))?;
    let sealed = vault.seal(&id.to_string(), "phone", &phone)?;
    let mut user = User::new(id, sealed, phone_lookup.clone(), app.now());
    user.complete_basic(
        BasicDetails {
            full_name: parsed::<FullName>("Asha Verma"),
            date_of_birth: jiff::civil::date(1994, 7, 21),
            gender: Gender::Female,
            pan: vault.seal(&id.to_string(), "pan", &pan)?,
            pan_lookup: pan_lookup.clone(),
            pan_last4: pan[6..].to_owned(),
            email: format!("borrower{index:09}@example.in"),
        },
        app.now(),
    );
    let additional = AdditionalDetails {
        address_line1: "14 Lake Road".to_owned(),
        address_line2: None,
        city: "Pune".to_owned(),
        state: "Maharashtra".to_owned(),
        pincode: parsed::<Pincode>("411001"),
        marital_status: MaritalStatus::Married,
        occupation: Occupation::Salaried,
    };
    if !user.complete_additional(additional, app.now()) {
        return Err(Error::internal("a borrower of the stock cannot complete their profile"));
    }
    let write = Write::new()
        .create(&user)
        .create(&PhoneTaken { phone: phone_lookup, user: id })
        .create(&PanTaken { pan: pan_lookup, user: id });
    Ok((id, write))
}

fn parsed<T: Parsed>(text: &str) -> T {
    T::parsed(text).expect("a valid text")
}

fn letter(index: usize) -> char {
    char::from(b'A' + u8::try_from(index % 26).unwrap_or_default())
}
