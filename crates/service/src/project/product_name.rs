//! What customers call a project.

use postrider_contract::Settings;
use postrider_store::Project;

/// The name that customers know the product by: of its branding, else the project's own.
pub fn product_name<'a>(project: &'a Project, settings: &'a Settings) -> &'a str {
    let branding = settings.branding.as_ref();
    branding.and_then(|branding| branding.name.as_deref()).unwrap_or(&project.name)
}
