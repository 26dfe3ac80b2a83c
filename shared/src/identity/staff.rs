//! Staff: who may work in a wing, with password and authenticator, and how they prove that it is them.
//!
//! A member belongs to one wing: the partition of the member and of all their sessions begins with its tag, so the session of
//! one wing opens nothing in another, nor one of a customer anything here. Setting up comes first: who has signed in with a
//! temporary password gets a session that can do no more than choose a password and enrol an authenticator.
//!
//! How many members who are set up hold the role that keeps the house (`admin`) is a number of its own, moved in the very
//! transaction that makes one more or one less, with one as its lower bound; so the last of them stays, also when two ask at
//! the same moment.
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Lookup, Sealed, Vault,
    lockout::Attempt,
    password::{Password, PasswordHash},
    recovery::{self, RecoveryCode, RecoveryCodes},
    totp::{TotpCode, TotpSecret, WrongCode},
    vault,
};
use crate::{
    app::App,
    clock::sortable,
    codes,
    error::{Code, Error},
    id::{Id, Prefixed},
    messages::EmailAddress,
    table::{Address, Adjust, Entity, Index, IndexKeys, Key, Pattern, Stored, Write},
    wing::Wing,
};

/// The id of a member of staff.
pub type StaffId = Id<StaffMember>;

impl Prefixed for StaffMember {
    const PREFIX: &'static str = "stf";
}

/// A temporary password is good for so long.
pub const TEMPORARY: SignedDuration = SignedDuration::from_hours(72);

/// Whether a member may sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffStatus {
    /// May.
    Active,
    /// May not.
    Disabled,
}

/// How far the authenticator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TotpState {
    /// None yet.
    None,
    /// A secret was handed out and not confirmed.
    Pending,
    /// Every sign-in needs a code.
    On,
}

/// An authenticator that is on.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Authenticator {
    /// Sealed as the field `totp` of the member.
    secret: Sealed,
    /// The step of the last code that counted.
    last_step: i64,
}

/// A member of staff of one wing.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StaffMember {
    /// The tag of the wing.
    pub wing: String,
    /// Names them.
    pub id: StaffId,
    /// Their address at work; they sign in with it.
    pub email: String,
    /// How the address is found.
    pub email_lookup: Lookup,
    /// Their name.
    pub name: String,
    /// What they may do, in the words of the wing.
    pub roles: Vec<String>,
    /// Whether they may sign in.
    pub status: StaffStatus,
    password: PasswordHash,
    /// Until when the password counts, where somebody else chose it.
    password_until: Option<Timestamp>,
    totp: Option<Authenticator>,
    /// A secret that waits for its first code, sealed likewise.
    totp_pending: Option<Sealed>,
    recovery: RecoveryCodes,
    /// When they last signed in.
    pub last_signed_in_at: Option<Timestamp>,
    /// When they were made.
    pub created_at: Timestamp,
    /// When anything here last changed.
    pub updated_at: Timestamp,
}

/// A member as admins and the audit log see them: nothing of password, authenticator and codes but whether they are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StaffView {
    /// Names them.
    #[schema(value_type = String, example = "stf_01J9ZQ6V0M8Q2W3E4R5T6Y7U8I")]
    pub id: StaffId,
    /// They sign in with it.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub roles: Vec<String>,
    /// Whether they may sign in.
    pub status: StaffStatus,
    /// How far the authenticator is.
    pub totp: TotpState,
    /// What they must still do before they can work: `password`, `totp`.
    pub missing: Vec<&'static str>,
    /// How many recovery codes are left.
    pub recovery_codes_left: usize,
    /// When they last signed in.
    #[schema(value_type = Option<String>)]
    pub last_signed_in_at: Option<Timestamp>,
    /// When they were made.
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

/// Who somebody new is.
#[derive(Debug)]
pub struct NewMember<'a> {
    /// They sign in with it.
    pub email: &'a EmailAddress,
    /// Their name.
    pub name: String,
    /// What they may do.
    pub roles: Vec<String>,
}

/// What proves a sign-in besides the password.
#[derive(Debug, Default)]
pub struct SecondFactor {
    /// What the app shows.
    pub totp: Option<TotpCode>,
    /// One of the codes on paper.
    pub recovery_code: Option<RecoveryCode>,
}

impl StaffMember {
    /// A new member with a temporary password, and the password, to be shown once. Needs the look-up key.
    pub fn new(app: &App, wing: &Wing, new: NewMember<'_>) -> Result<(Self, Password), Error> {
        let password = Password::temporary(app.random());
        let now = app.now();
        let member = Self {
            wing: wing.tag.to_owned(),
            id: Id::new(now, app.random()),
            email: new.email.to_string(),
            email_lookup: email_lookup(app, wing, new.email)?,
            name: new.name,
            roles: new.roles,
            status: StaffStatus::Active,
            password: password.hash(app.random())?,
            password_until: Some(after(now, TEMPORARY)),
            totp: None,
            totp_pending: None,
            recovery: RecoveryCodes::default(),
            last_signed_in_at: None,
            created_at: now,
            updated_at: now,
        };
        Ok((member, password))
    }

    /// `LENDING#STAFF#stf_…`: the member and their sessions.
    pub fn partition(wing: &Wing, id: StaffId) -> String {
        partition(wing.tag, id)
    }

    /// The member themselves.
    pub fn at(wing: &Wing, id: StaffId) -> Address<Self> {
        Address::new(Self::partition(wing, id), "STAFF")
    }

    /// The member with this address. The index may lag a moment; [`EmailTaken`] is what keeps addresses unique.
    pub fn with_email(wing: &Wing, email: &Lookup) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi1, format!("{}#STAFF_EMAIL#{email}", wing.tag))
    }

    /// Everybody, in the order in which they came. Tens of people, changed now and then: one partition is enough.
    pub fn all(wing: &Wing) -> Pattern<Stored<Self>> {
        Pattern::index(Index::Gsi2, format!("{}#STAFF", wing.tag))
    }

    /// Keeps the address to this member: created with them.
    pub fn email_taken(&self) -> EmailTaken {
        EmailTaken { wing: self.wing.clone(), email: self.email_lookup.clone(), member: self.id }
    }

    /// Whether an admin took their access away.
    pub fn is_disabled(&self) -> bool {
        self.status == StaffStatus::Disabled
    }

    /// Whether they hold one of these roles.
    pub fn has_one_of(&self, roles: &[&str]) -> bool {
        self.roles.iter().any(|role| roles.contains(&role.as_str()))
    }

    /// What they must still do before they can work: `password`, `totp`.
    pub fn missing(&self) -> Vec<&'static str> {
        let password = self.password_until.is_some().then_some("password");
        let totp = self.totp.is_none().then_some("totp");
        password.into_iter().chain(totp).collect()
    }

    /// Whether they can work: allowed to, and set up.
    pub fn is_ready(&self) -> bool {
        !self.is_disabled() && self.missing().is_empty()
    }

    /// How far the authenticator is.
    pub fn totp_state(&self) -> TotpState {
        match (&self.totp, &self.totp_pending) {
            (Some(_), _) => TotpState::On,
            (None, Some(_)) => TotpState::Pending,
            (None, None) => TotpState::None,
        }
    }

    /// As admins and the audit log see them.
    pub fn view(&self) -> StaffView {
        StaffView {
            id: self.id,
            email: self.email.clone(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            status: self.status,
            totp: self.totp_state(),
            missing: self.missing(),
            recovery_codes_left: self.recovery.left(),
            last_signed_in_at: self.last_signed_in_at,
            created_at: self.created_at,
        }
    }

    /// Takes a password of their own choice.
    pub fn choose_password(&mut self, app: &App, password: &Password) -> Result<(), Error> {
        self.password = password.hash(app.random())?;
        self.password_until = None;
        self.updated_at = app.now();
        Ok(())
    }

    /// Begins anew with a temporary password and without an authenticator, as after a lost phone.
    pub fn begin_anew(&mut self, app: &App) -> Result<Password, Error> {
        let password = Password::temporary(app.random());
        self.password = password.hash(app.random())?;
        self.password_until = Some(after(app.now(), TEMPORARY));
        self.totp = None;
        self.totp_pending = None;
        self.recovery = RecoveryCodes::default();
        self.updated_at = app.now();
        Ok(password)
    }

    /// Hands out a new secret, which counts once it is confirmed. Needs the field key.
    pub fn enrol(&mut self, app: &App) -> Result<TotpSecret, Error> {
        let secret = TotpSecret::new(app.random());
        self.totp_pending = Some(Vault::of(app)?.seal(&self.id.to_string(), "totp", &secret.base32())?);
        self.updated_at = app.now();
        Ok(secret)
    }

    /// The first code of the secret that was handed out: from now on every sign-in needs one. Hands out the recovery codes.
    /// `None` where no secret waits. Needs the field key.
    pub fn confirm(&mut self, app: &App, code: &TotpCode) -> Result<Option<Vec<RecoveryCode>>, Error> {
        let Some(sealed) = self.totp_pending.clone() else { return Ok(None) };
        let step = self.open(app, &sealed)?.check(code, app.now(), None).map_err(|_| codes::INVALID_OTP)?;
        self.totp = Some(Authenticator { secret: sealed, last_step: step });
        self.totp_pending = None;
        let codes: Vec<RecoveryCode> =
            (0..recovery::COUNT).map(|_| RecoveryCode::new(app.random())).collect();
        self.recovery = RecoveryCodes::of(&self.id.to_string(), &codes);
        self.updated_at = app.now();
        Ok(Some(codes))
    }

    /// Checks and uses up the second factor, where an authenticator is on. Store the member in the transaction that this
    /// permits: that is what makes a code count once. Needs the field key.
    pub fn prove(&mut self, app: &App, factor: &SecondFactor) -> Result<(), Error> {
        let Some(on) = self.totp.clone() else { return Ok(()) };
        match (&factor.totp, &factor.recovery_code) {
            (Some(code), _) => {
                let step = self
                    .open(app, &on.secret)?
                    .check(code, app.now(), Some(on.last_step))
                    .map_err(refusal)?;
                self.totp = Some(Authenticator { last_step: step, ..on });
                Ok(())
            }
            (None, Some(code)) => {
                let id = self.id.to_string();
                if self.recovery.spend(&id, code) { Ok(()) } else { Err(codes::INVALID_TOTP.into()) }
            }
            (None, None) => Err(codes::TOTP_REQUIRED.into()),
        }
    }

    fn open(&self, app: &App, sealed: &Sealed) -> Result<TotpSecret, Error> {
        let text = Vault::of(app)?.open(&self.id.to_string(), "totp", sealed)?;
        TotpSecret::from_base32(&text)
            .ok_or_else(|| Error::internal("the authenticator's secret does not read"))
    }
}

fn partition(tag: &str, id: StaffId) -> String {
    format!("{tag}#STAFF#{id}")
}

fn after(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn refusal(wrong: WrongCode) -> Error {
    match wrong {
        WrongCode::Wrong => codes::INVALID_TOTP.into(),
        WrongCode::AlreadyUsed => codes::CODE_ALREADY_USED.into(),
    }
}

/// How an address is found, whatever its letters' case. Needs the look-up key.
pub fn email_lookup(app: &App, wing: &Wing, email: &EmailAddress) -> Result<Lookup, Error> {
    vault::lookup(app, wing.tag, "staff-email", &email.to_string().to_lowercase())
}

impl Entity for StaffMember {
    const NAME: &'static str = "staff";

    fn key(&self) -> Key {
        Key::new(partition(&self.wing, self.id), "STAFF")
    }

    fn index_keys(&self) -> IndexKeys {
        IndexKeys {
            gsi1: Some(Key::new(format!("{}#STAFF_EMAIL#{}", self.wing, self.email_lookup), "STAFF")),
            gsi2: Some(Key::new(
                format!("{}#STAFF", self.wing),
                format!("{}#{}", sortable(self.created_at), self.id),
            )),
            ..IndexKeys::default()
        }
    }
}

/// Keeps an address to one member.
#[derive(Debug, Serialize, Deserialize)]
pub struct EmailTaken {
    wing: String,
    email: Lookup,
    /// Whose it is.
    pub member: StaffId,
}

impl Entity for EmailTaken {
    const NAME: &'static str = "staff_email_taken";

    fn key(&self) -> Key {
        Key::new(format!("{}#STAFF_EMAIL#{}", self.wing, self.email), "TAKEN")
    }
}

/// How many members who are set up keep the house. Adjusted, never replaced.
#[derive(Debug, Serialize, Deserialize)]
pub struct Keepers {
    /// So many.
    pub active: i64,
}

impl Entity for Keepers {
    const NAME: &'static str = "staff_keepers";

    /// Made by adjustments at [`Keepers::at`] and never put as a whole.
    fn key(&self) -> Key {
        Key::new("KEEPERS", "KEEPERS")
    }
}

impl Keepers {
    /// Where the number of those with `role` lies.
    pub fn at(wing: &Wing, role: &str) -> Address<Self> {
        Address::new(format!("{}#STAFF_KEEPERS#{role}", wing.tag), "KEEPERS")
    }

    /// Adds to `write` what `before` becoming `after` means for the number of those who are ready and hold `role`; refused
    /// with `last` when it would take the last one.
    pub fn count(
        wing: &Wing,
        role: &str,
        before: Option<&StaffMember>,
        after: &StaffMember,
        write: Write,
        last: Code,
    ) -> Write {
        let keeps = |member: &StaffMember| member.is_ready() && member.has_one_of(&[role]);
        match (before.is_some_and(keeps), keeps(after)) {
            (false, true) => write.adjust(&Adjust::of(&Self::at(wing, role)).add("active", 1)),
            (true, false) => write
                .adjust(&Adjust::of(&Self::at(wing, role)).add("active", -1).while_above("active", 1))
                .or(last),
            _ => write,
        }
    }

    /// Goes through only where nobody who is ready holds `role`.
    pub fn none(wing: &Wing, role: &str, write: Write, refusal: Code) -> Write {
        write.adjust(&Adjust::of(&Self::at(wing, role)).add("active", 0).while_below("active", 1)).or(refusal)
    }
}

/// A sign-in that was right: the member, changed as the sign-in changes them, and the attempt to be forgiven with it.
#[derive(Debug)]
#[must_use = "a right sign-in must be stored: that is what makes a code count once"]
pub struct SignedIn {
    /// To be replaced in the transaction that makes the session.
    pub member: Stored<StaffMember>,
    /// To be forgiven in it.
    pub attempt: Attempt,
}

/// Checks a sign-in. Counts the attempt first; compares the password, in the same time where nobody has the address; then the
/// second factor. Needs `Update`, `QueryIndex(Gsi1)`, the look-up key and the field key.
pub async fn sign_in(
    app: &App,
    wing: &Wing,
    email: &EmailAddress,
    password: &Password,
    factor: &SecondFactor,
    network: &str,
) -> Result<SignedIn, Error> {
    let lookup = email_lookup(app, wing, email)?;
    let attempt = Attempt::count(app, wing, &lookup.to_string(), network).await?;
    let found = app.table().list(&StaffMember::with_email(wing, &lookup), 1).await?.into_iter().next();
    let right = password.is(found.as_ref().map(|member| &member.password))?;
    let Some(mut member) = found.filter(|_| right) else { return Err(codes::WRONG_CREDENTIALS.into()) };
    if member.is_disabled() {
        return Err(codes::ACCOUNT_BLOCKED.into());
    }
    if member.password_until.is_some_and(|until| until <= app.now()) {
        return Err(codes::PASSWORD_EXPIRED.into());
    }
    if let Err(error) = member.prove(app, factor) {
        if error.code() == codes::TOTP_REQUIRED {
            app.table().write(attempt.take_back(Write::new())).await?;
        }
        return Err(error);
    }
    member.last_signed_in_at = Some(app.now());
    Ok(SignedIn { member, attempt })
}

/// Asks somebody who is signed in for their password again, before something that a borrowed screen must not do. Counts like a
/// sign-in. Needs `Update`.
pub async fn ask_again(
    app: &App,
    wing: &Wing,
    member: &StaffMember,
    password: &Password,
    network: &str,
) -> Result<Attempt, Error> {
    let attempt = Attempt::count(app, wing, &member.email_lookup.to_string(), network).await?;
    if password.is(Some(&member.password))? { Ok(attempt) } else { Err(codes::WRONG_CREDENTIALS.into()) }
}
