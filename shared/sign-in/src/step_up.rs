//! The extractors of a [`RecentlySignedIn`] user, alone and with a form.

use std::ops::Deref;

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use axum_extra::extract::CookieJar;
use http::request::Parts;
use jean_auth::{public_url::PublicUrl, session::Form};
use jean_pages::{
    FormRejection, SameOriginForm, StaleForm,
    account::{sign_in_before_form, sign_in_first},
    page::MessagePage,
};
use jean_runtime::{Context, Failure, FunctionState, RootKeys};
use jean_store::StoreError;

use crate::{SignIns, session::RecentlySignedIn};

/// A form from a user with a recent sign-in, with a token that binds it to the session and to the path of the page.
#[derive(Debug)]
pub struct RecentForm {
    /// The user.
    pub signed_in: RecentlySignedIn,
    /// The fields.
    pub fields: SameOriginForm,
}

/// The reason why a page is not shown, or its form not processed.
#[derive(Debug, thiserror::Error)]
pub enum StepUpRejection {
    /// The user is not signed in, or their last sign-in is not recent enough.
    #[error("recent sign-in required")]
    SignInRequired {
        /// The path of the page.
        page: String,
    },
    /// A form that needed a recent sign-in. The page after it says that nothing was done.
    #[error("recent sign-in required for a form")]
    NothingDone {
        /// The path of the page.
        page: String,
        /// The public URL of the server.
        public_url: Box<PublicUrl>,
    },
    /// The form belongs to another session.
    #[error("form of another session")]
    StaleForm(Box<StaleForm>),
    /// Another site sent the form, or it is unreadable.
    #[error(transparent)]
    Form(#[from] FormRejection),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<A: Deref<Target = SignIns> + Send + Sync> FromRequestParts<FunctionState<A, RootKeys>> for RecentlySignedIn {
    type Rejection = StepUpRejection;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &FunctionState<A, RootKeys>,
    ) -> Result<Self, StepUpRejection> {
        let Ok(app) = Context::from_request_parts(parts, state).await;
        let Ok(cookies) = CookieJar::from_request_parts(parts, state).await;
        let found = Self::find(&app, &cookies).await?;
        found.ok_or_else(|| StepUpRejection::SignInRequired { page: parts.uri.path().into() })
    }
}

impl<A: Deref<Target = SignIns> + Send + Sync> FromRequest<FunctionState<A, RootKeys>> for RecentForm {
    type Rejection = StepUpRejection;

    async fn from_request(request: Request, state: &FunctionState<A, RootKeys>) -> Result<Self, StepUpRejection> {
        let (mut parts, body) = request.into_parts();
        let Ok(app) = Context::from_request_parts(&mut parts, state).await;
        let Ok(cookies) = CookieJar::from_request_parts(&mut parts, state).await;
        let page = parts.uri.path().to_owned();
        let fields = SameOriginForm::from_request(Request::from_parts(parts, body), state).await?;
        let Some(signed_in) = RecentlySignedIn::find(&app, &cookies).await? else {
            return Err(StepUpRejection::NothingDone { page, public_url: Box::new(app.public_url().clone()) });
        };
        if !signed_in.has_token(&app, fields.field("token"), Form::Account, &page) {
            return Err(StepUpRejection::StaleForm(Box::new(fields.stale(&page, app.public_url()))));
        }
        Ok(Self { signed_in, fields })
    }
}

impl IntoResponse for StepUpRejection {
    fn into_response(self) -> Response {
        match self {
            Self::SignInRequired { page } => sign_in_first(&page),
            Self::NothingDone { page, public_url } => sign_in_before_form(&page, &public_url),
            Self::StaleForm(stale) => stale.into_response(),
            Self::Form(rejection) => rejection.into_response(),
            Self::Store(_) => {
                Failure::log(&self);
                MessagePage::internal_error().into_response()
            }
        }
    }
}
