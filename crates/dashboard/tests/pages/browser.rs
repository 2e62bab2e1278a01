//! A browser without a screen: it keeps cookies, finds the forms on a page, fills them in and sends them.

use std::cell::RefCell;

use http::{Method, Request};
use postrider_model::id::{Mode, ProjectKey};
use postrider_service::Caller;
use postrider_service::portal::CreatePortalLink;
use postrider_world::{Answer, ROOT_KEY, World};

/// A browser at one of the faces.
#[derive(Debug)]
pub(crate) struct Browser<'w> {
    pub(crate) world: &'w World,
    cookie: RefCell<String>,
}

/// A page with its forms.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) answer: Answer,
    /// Where it was.
    pub(crate) path: String,
}

/// A form of a page, with what stands in it.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) action: String,
    pub(crate) fields: Vec<(String, String)>,
}

impl<'w> Browser<'w> {
    /// Without a session.
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, cookie: RefCell::default() }
    }

    /// Signed in with a key.
    pub(crate) async fn operator(world: &'w World, key: &str) -> Self {
        let browser = Self::new(world);
        let form = Form { action: "/dashboard/sign-in".into(), fields: vec![("key".into(), key.into())] };
        browser.send(&form).await.expect(303);
        browser
    }

    /// Signed in with the root key.
    pub(crate) async fn root(world: &'w World) -> Self {
        Self::operator(world, ROOT_KEY).await
    }

    /// A customer, by a link.
    pub(crate) async fn customer(world: &'w World, tenant: &str) -> Self {
        let browser = Self::new(world);
        let link = portal_link(world, tenant).await;
        browser.open(&link).await.expect(303);
        browser
    }

    /// Opens a page; a redirect is not followed.
    pub(crate) async fn open(&self, path: &str) -> Answer {
        let request = Request::builder().method(Method::GET).uri(path).header("cookie", self.cookie());
        self.kept(self.world.answer(request, Vec::new()).await)
    }

    /// Opens a page that is there.
    pub(crate) async fn see(&self, path: &str) -> Seen {
        let answer = self.open(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", text_of(&answer.text));
        Seen { answer, path: path.to_owned() }
    }

    /// Sends a form; a redirect is not followed.
    pub(crate) async fn send(&self, form: &Form) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form.fields);
        let request = Request::builder()
            .method(Method::POST)
            .uri(&form.action)
            .header("cookie", self.cookie())
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.kept(self.world.answer(request, body.finish().into_bytes()).await)
    }

    /// Sends a form that is done, and opens the page after it.
    pub(crate) async fn done(&self, form: &Form) -> Seen {
        let path = location(&self.send(form).await.expect(303));
        self.see(&path).await
    }

    /// The session's cookie.
    pub(crate) fn cookie(&self) -> String {
        self.cookie.borrow().clone()
    }

    fn kept(&self, answer: Answer) -> Answer {
        if let Some(line) = answer.headers.get("set-cookie") {
            let line = line.to_str().unwrap();
            *self.cookie.borrow_mut() = line.split(';').next().unwrap_or_default().to_owned();
        }
        answer
    }
}

/// A link for a tenant, without the server's own address.
pub(crate) async fn portal_link(world: &World, tenant: &str) -> String {
    let caller = Caller {
        project: ProjectKey(1),
        mode: Mode::Live,
        tenant: None,
        actor: "key:sk_live_all".to_owned(),
    };
    let link = CreatePortalLink { caller: &caller, tenant }.run(&world.engine).await.unwrap();
    format!("/portal/{}", link.token)
}

/// Where a redirect leads.
#[track_caller]
pub(crate) fn location(answer: &Answer) -> String {
    answer.headers["location"].to_str().unwrap().to_owned()
}

impl Seen {
    /// Its HTML.
    pub(crate) fn html(&self) -> &str {
        &self.answer.text
    }

    /// The form that posts there.
    #[track_caller]
    pub(crate) fn form(&self, action: &str) -> Form {
        self.forms()
            .into_iter()
            .find(|form| form.action == action)
            .unwrap_or_else(|| panic!("{} has no form to {action}: {}", self.path, self.html()))
    }

    /// Whether there is such a form.
    pub(crate) fn has_form(&self, action: &str) -> bool {
        self.forms().iter().any(|form| form.action == action)
    }

    /// All forms that change something, with the values that stand in them.
    pub(crate) fn forms(&self) -> Vec<Form> {
        let parts = self.html().split("<form ").skip(1).filter(|part| part.starts_with("method=\"post\""));
        parts.map(|part| form(part.split("</form>").next().unwrap_or_default())).collect()
    }

    /// Whether the text is on the page, as a reader sees it.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) -> &Self {
        let seen = text_of(self.html());
        assert!(seen.contains(text), "{} does not show {text:?}: {seen}", self.path);
        self
    }

    /// Whether the text is nowhere in the page, not even in its source.
    #[track_caller]
    pub(crate) fn hides(&self, text: &str) -> &Self {
        assert!(!self.html().contains(text), "{} holds {text:?}", self.path);
        self
    }
}

impl Form {
    /// With a field set to that value.
    #[must_use]
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With one more value of a field.
    #[must_use]
    pub(crate) fn and(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a field.
    #[must_use]
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(field, _)| field != name);
        self
    }

    /// The value of a field.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// The text of a page, without markup, blanks between words.
pub(crate) fn text_of(html: &str) -> String {
    let mut text = String::new();
    for part in html.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, rest)| rest));
        text.push(' ');
    }
    unescaped(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn form(html: &str) -> Form {
    let action = attribute(html.split('>').next().unwrap_or_default(), "action").unwrap_or_default();
    let mut fields = Vec::new();
    for part in html.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
        let Some(name) = attribute(tag, "name") else { continue };
        let kind = attribute(tag, "type").unwrap_or_default();
        let is_checked = tag.split(' ').any(|word| word == "checked");
        match tag.split(' ').next() {
            Some("input") if matches!(kind.as_str(), "checkbox" | "radio") && !is_checked => {}
            Some("input") => fields.push((name, attribute(tag, "value").unwrap_or_default())),
            Some("textarea") => fields.push((name, unescaped(rest.strip_prefix('\n').unwrap_or(rest)))),
            Some("select") => {
                let list = html.split(&format!("name=\"{name}\"")).nth(1).unwrap_or_default();
                let list = list.split("</select>").next().unwrap_or_default();
                let options = || list.split("<option ").skip(1);
                let chosen = options()
                    .find(|option| option.split('>').next().unwrap_or_default().contains(" selected"));
                if let Some(option) = chosen.or_else(|| options().next()) {
                    fields.push((name, attribute(&format!("option {option}"), "value").unwrap_or_default()));
                }
            }
            _ => {}
        }
    }
    Form { action, fields }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?;
    Some(unescaped(value.split('"').next().unwrap_or_default()))
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}
