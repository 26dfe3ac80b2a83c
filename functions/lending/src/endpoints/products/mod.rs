//! Loan products: what is on offer, and how admins change it. A change never touches what was already offered or lent, since
//! approvals carry a copy of their product.
pub mod create;
pub mod get;
pub mod list;
pub mod replace;

use serde::Serialize;
use shared::{
    deserr::Deserr,
    error::{Error, FieldError},
    http::{FieldErrors, Line},
    money::Rupees,
};
use utoipa::ToSchema;

use crate::{
    loan::{
        account::PenalTerms,
        allocation::{AllocationOrder, Part, Sweep},
        day_count::DayCount,
        product::{DEFAULT_OFFER_DAYS, Product, ProductProblem},
        schedule::EmiRounding,
    },
    product::{Offered, Percent, ProductCode, Share},
};

/// A product as an admin writes it.
#[derive(Debug, Deserr, ToSchema)]
#[schema(as = ProductDraft)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Draft {
    /// Never changes; may be left out where the path names it.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "salary")]
    code: Option<ProductCode>,
    #[schema(value_type = String, example = "Salary advance")]
    name: Line<2, 60>,
    #[schema(value_type = f64, example = 5000)]
    min_amount: Rupees,
    #[schema(value_type = f64, example = 200_000)]
    max_amount: Rupees,
    #[schema(example = 3)]
    min_tenure_months: u16,
    #[schema(example = 24)]
    max_tenure_months: u16,
    /// Nominal, per cent a year.
    #[schema(value_type = f64, example = 16.5)]
    interest_rate: Percent,
    #[schema(value_type = String, example = "thirty360")]
    day_count: DayCount,
    /// Per cent of the amount.
    #[schema(value_type = f64, example = 2)]
    processing_fee_pct: Share,
    /// Added to it.
    #[schema(value_type = f64, example = 99)]
    processing_fee_flat: Rupees,
    /// On every fee, per cent.
    #[schema(value_type = f64, example = 18)]
    gst_pct: Share,
    /// Per cent a year of overdue principal.
    #[schema(value_type = f64, example = 24)]
    penal_rate: Percent,
    /// Days after the due date without it.
    #[schema(example = 3)]
    penal_grace_days: u16,
    /// Per cent of the principal repaid before it is due.
    #[schema(value_type = f64, example = 0)]
    foreclosure_fee_pct: Share,
    /// At least 1.
    #[schema(example = 3)]
    cooling_off_days: u16,
    /// Days for which an offer stands; usually 7.
    #[deserr(default)]
    offer_days: Option<u16>,
    /// What repayments pay first; usually the oldest instalment, in it charges, interest, principal.
    #[deserr(default)]
    allocation: Option<Allocation>,
    /// Usually to the paisa.
    #[deserr(default)]
    #[schema(value_type = Option<String>, example = "paisa")]
    rounding: Option<EmiRounding>,
    /// Whether it is on offer; usually it is.
    #[deserr(default)]
    active: Option<bool>,
    /// Why, for the audit log.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    reason: Option<Line<3, 200>>,
}

/// The order in which money pays what is due.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = FieldErrors, deny_unknown_fields)]
pub struct Allocation {
    #[schema(value_type = String, example = "by_instalment")]
    sweep: Sweep,
    /// Charges, interest and principal, first paid first.
    #[schema(value_type = Vec<String>)]
    parts: Vec<Part>,
}

impl Draft {
    /// The product with this code, or all that is wrong with it.
    fn product(&self, code: &ProductCode) -> Result<Product, Error> {
        let product = Product {
            code: code.as_str().to_owned(),
            name: self.name.clone().into(),
            min_amount: self.min_amount.0,
            max_amount: self.max_amount.0,
            min_tenure_months: self.min_tenure_months,
            max_tenure_months: self.max_tenure_months,
            annual_rate_pct: self.interest_rate.0,
            day_count: self.day_count,
            processing_fee_pct: self.processing_fee_pct.0,
            processing_fee_flat: self.processing_fee_flat.0,
            gst_pct: self.gst_pct.0,
            penal: PenalTerms { annual_rate_pct: self.penal_rate.0, grace_days: self.penal_grace_days },
            foreclosure_fee_pct: self.foreclosure_fee_pct.0,
            cooling_off_days_wanted: self.cooling_off_days,
            offer_days: self.offer_days.unwrap_or(DEFAULT_OFFER_DAYS),
            allocation: self.allocation()?,
            rounding: self.rounding.unwrap_or_default(),
        };
        let problems = product.problems();
        if problems.is_empty() {
            Ok(product)
        } else {
            Err(Error::invalid(problems.into_iter().map(named).collect()))
        }
    }

    fn allocation(&self) -> Result<AllocationOrder, Error> {
        let Some(wanted) = &self.allocation else { return Ok(AllocationOrder::default()) };
        let parts = <[Part; 3]>::try_from(wanted.parts.as_slice()).ok();
        let order = parts.and_then(|parts| AllocationOrder::new(wanted.sweep, parts).ok());
        let message = "must name charges, interest and principal once each";
        order.ok_or_else(|| Error::invalid_field("allocation.parts", "choice", message))
    }

    fn is_active(&self) -> bool {
        self.active.unwrap_or(true)
    }

    fn reason(&self) -> Option<String> {
        self.reason.clone().map(Into::into)
    }
}

/// The field that a problem is about.
fn named(problem: ProductProblem) -> FieldError {
    let field = match problem {
        ProductProblem::Amounts => "max_amount",
        ProductProblem::Tenures => "max_tenure_months",
        ProductProblem::Percentage => "processing_fee_pct",
        ProductProblem::Rate => "interest_rate",
        ProductProblem::Fee | ProductProblem::FeesEatTheLoan => "processing_fee_flat",
        ProductProblem::CoolingOff => "cooling_off_days",
        ProductProblem::OfferDays => "offer_days",
    };
    FieldError { field: field.to_owned(), rule: "range", message: problem.to_string() }
}

/// A product as everybody may see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProductView {
    /// Its code.
    #[schema(example = "personal")]
    id: String,
    name: String,
    #[schema(value_type = f64, example = 5000)]
    min_amount: Rupees,
    #[schema(value_type = f64, example = 500_000)]
    max_amount: Rupees,
    min_tenure_months: u16,
    max_tenure_months: u16,
    /// Nominal, per cent a year.
    #[schema(value_type = f64, example = 18)]
    interest_rate: Percent,
    day_count: DayCount,
    #[schema(value_type = f64)]
    processing_fee_pct: Percent,
    #[schema(value_type = f64)]
    processing_fee_flat: Rupees,
    #[schema(value_type = f64)]
    gst_pct: Percent,
    #[schema(value_type = f64)]
    penal_rate: Percent,
    penal_grace_days: u16,
    #[schema(value_type = f64)]
    foreclosure_fee_pct: Percent,
    cooling_off_days: u16,
    offer_days: u16,
    /// `{sweep, parts}`.
    #[schema(value_type = Object)]
    allocation: AllocationOrder,
    rounding: EmiRounding,
    /// Whether it is on offer.
    active: bool,
    /// For `If-Match`; 0 while it is only built in.
    version: u64,
}

impl From<Offered> for ProductView {
    fn from(offered: Offered) -> Self {
        let product = offered.terms;
        Self {
            cooling_off_days: product.cooling_off_days(),
            id: product.code,
            name: product.name,
            min_amount: product.min_amount.into(),
            max_amount: product.max_amount.into(),
            min_tenure_months: product.min_tenure_months,
            max_tenure_months: product.max_tenure_months,
            interest_rate: Percent(product.annual_rate_pct),
            day_count: product.day_count,
            processing_fee_pct: Percent(product.processing_fee_pct),
            processing_fee_flat: product.processing_fee_flat.into(),
            gst_pct: Percent(product.gst_pct),
            penal_rate: Percent(product.penal.annual_rate_pct),
            penal_grace_days: product.penal.grace_days,
            foreclosure_fee_pct: Percent(product.foreclosure_fee_pct),
            offer_days: product.offer_days,
            allocation: product.allocation,
            rounding: product.rounding,
            active: offered.active,
            version: offered.version,
        }
    }
}

/// A valid product for the tests of this room.
#[cfg(test)]
fn sample(code: &str) -> serde_json::Value {
    serde_json::json!({
        "code": code, "name": "Salary advance", "min_amount": 5000, "max_amount": 200_000,
        "min_tenure_months": 3, "max_tenure_months": 24, "interest_rate": 16.5, "day_count": "actual365",
        "processing_fee_pct": 1.5, "processing_fee_flat": 99, "gst_pct": 18, "penal_rate": 24,
        "penal_grace_days": 3, "foreclosure_fee_pct": 0, "cooling_off_days": 3,
    })
}
