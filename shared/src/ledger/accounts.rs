//! The chart of accounts: a closed list, so that everything there can be is known without looking for it.
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{
    money::{Currency, Inr, Ngn},
    wing::Wing,
};

/// On which side an account grows: assets and expenses by debits, debts and income by credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Grows by debits.
    Debit,
    /// Grows by credits.
    Credit,
}

/// The currency of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, utoipa::ToSchema)]
pub enum Unit {
    /// Indian rupee, counted in paise.
    #[serde(rename = "INR")]
    Inr,
    /// Nigerian naira, counted in kobo.
    #[serde(rename = "NGN")]
    Ngn,
}

impl Unit {
    /// ISO 4217 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Inr => Inr::CODE,
            Self::Ngn => Ngn::CODE,
        }
    }
}

macro_rules! kinds {
    ($(#[$about:meta])* $name:ident: $($(#[$doc:meta])* $kind:ident = $text:literal, $side:ident;)+) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$doc])* $kind,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// As it is stored and shown.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$kind => $text),+ }
            }

            /// On which side it grows.
            pub const fn side(self) -> Side {
                match self { $(Self::$kind => Side::$side),+ }
            }
        }
    };
}

kinds! {
    /// Accounts of the house, one of each in a wing and currency. Every transfer may touch them, so each is spread.
    House:
    /// Money in the till.
    Cash = "cash", Debit;
    /// Money in the bank.
    Bank = "bank", Debit;
    /// Money on its way through the payment gateway.
    Gateway = "gateway", Debit;
    /// Interest earned.
    InterestIncome = "interest_income", Credit;
    /// Charges for paying late.
    PenalIncome = "penal_income", Credit;
    /// Fees and commissions, without tax.
    FeeIncome = "fee_income", Credit;
    /// Goods and services sold, without tax.
    Sales = "sales", Credit;
    /// Discounts granted.
    Discounts = "discounts", Debit;
    /// Tax collected and owed to the state.
    TaxPayable = "tax_payable", Credit;
    /// What the payment gateway keeps.
    GatewayFees = "gateway_fees", Debit;
    /// Charges that had arisen and were forgiven.
    ChargesWaived = "charges_waived", Debit;
    /// What was given up.
    WriteOff = "write_off", Debit;
    /// What came after it had been given up.
    Recovery = "recovery", Credit;
    /// Money to be given back to customers.
    RefundsPayable = "refunds_payable", Credit;
    /// Money whose purpose is not known yet.
    Suspense = "suspense", Credit;
}

kinds! {
    /// Accounts with an owner: a person, a loan, a merchant.
    Owned:
    /// Principal lent.
    LoansReceivable = "loans_receivable", Debit;
    /// Interest due.
    InterestReceivable = "interest_receivable", Debit;
    /// Charges due.
    ChargesReceivable = "charges_receivable", Debit;
    /// Money received that nothing was due for yet.
    OnAccount = "on_account", Credit;
    /// Invoices not yet paid.
    Receivable = "receivable", Debit;
    /// Money of a customer, at their disposal.
    Wallet = "wallet", Credit;
    /// Money of a customer, reserved.
    Held = "held", Credit;
    /// Money owed to a merchant.
    MerchantPayable = "merchant_payable", Credit;
}

/// The kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Of the house.
    House(House),
    /// With an owner.
    Owned(Owned),
}

impl Kind {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        House::ALL.iter().copied().map(Self::House).chain(Owned::ALL.iter().copied().map(Self::Owned))
    }

    /// As it is stored and shown.
    pub const fn name(self) -> &'static str {
        match self {
            Self::House(kind) => kind.name(),
            Self::Owned(kind) => kind.name(),
        }
    }

    /// On which side it grows.
    pub const fn side(self) -> Side {
        match self {
            Self::House(kind) => kind.side(),
            Self::Owned(kind) => kind.side(),
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.name() == name)
    }
}

/// One account. Its text within the wing is `bank.INR`, or `loans_receivable.INR.ln_01J…` with an owner.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountRef {
    /// The tag of the wing.
    pub(super) wing: String,
    /// What it holds.
    pub(super) kind: Kind,
    /// Whose it is.
    pub(super) owner: Option<String>,
    /// In what it is counted.
    pub(super) unit: Unit,
}

impl AccountRef {
    /// An account of the house.
    pub fn house(wing: &Wing, kind: House, unit: Unit) -> Self {
        Self { wing: wing.tag.to_owned(), kind: Kind::House(kind), owner: None, unit }
    }

    /// An account of `owner`, who is named by an id.
    pub fn owned(wing: &Wing, kind: Owned, owner: impl fmt::Display, unit: Unit) -> Self {
        Self { wing: wing.tag.to_owned(), kind: Kind::Owned(kind), owner: Some(owner.to_string()), unit }
    }

    /// The account with this text in `wing`.
    pub fn parse(wing: &Wing, text: &str) -> Option<Self> {
        Self::read(wing.tag, text)
    }

    pub(super) fn read(wing: &str, text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let kind = Kind::named(parts.next()?)?;
        let code = parts.next()?;
        let unit = [Unit::Inr, Unit::Ngn].into_iter().find(|unit| unit.code() == code)?;
        let owner = parts.next();
        let is_name = |owner: &str| {
            (1..=64).contains(&owner.len()) && owner.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let fits = match kind {
            Kind::House(_) => owner.is_none(),
            Kind::Owned(_) => owner.is_some_and(is_name),
        };
        fits.then(|| Self { wing: wing.to_owned(), kind, owner: owner.map(str::to_owned), unit })
    }

    /// What it holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whose it is; the house's own have nobody.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// In what it is counted.
    pub fn unit(&self) -> Unit {
        self.unit
    }
}

impl fmt::Display for AccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.kind.name(), self.unit.code())?;
        self.owner.as_ref().map_or(Ok(()), |owner| write!(f, ".{owner}"))
    }
}

/// Stored with its wing before it: `LENDING.bank.INR`.
impl Serialize for AccountRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}.{self}", self.wing))
    }
}

impl<'de> Deserialize<'de> for AccountRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let account = text.split_once('.').and_then(|(wing, rest)| Self::read(wing, rest));
        account.ok_or_else(|| de::Error::custom("no account"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_its_text() {
        for text in ["bank.INR", "tax_payable.NGN", "loans_receivable.INR.ln_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            let account = AccountRef::read("TEST", text).unwrap();
            assert_eq!(account.to_string(), text);
            let stored = serde_json::to_string(&account).unwrap();
            assert_eq!(serde_json::from_str::<AccountRef>(&stored).unwrap(), account);
        }
    }

    #[test]
    fn other_texts_are_no_accounts() {
        let wrong =
            ["", "bank", "bank.USD", "bank.INR.ln_1", "wallet.INR", "wallet.INR.", "wallet.INR.a#b", "x.INR"];
        for text in wrong {
            assert_eq!(AccountRef::read("TEST", text), None, "{text}");
        }
    }

    #[test]
    fn no_two_kinds_have_one_name() {
        let mut names: Vec<_> = Kind::all().map(Kind::name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), House::ALL.len() + Owned::ALL.len());
    }
}
