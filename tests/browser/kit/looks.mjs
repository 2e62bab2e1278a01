// What a page is looked at with: a phone and a desktop, light and dark.

const devices = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 900 }, isMobile: false, hasTouch: false },
};

/** Every look: its name, its device's name, its colour scheme and the options of a browser context. */
export const LOOKS = Object.entries(devices).flatMap(([device, options]) =>
  ['light', 'dark'].map((scheme) => ({
    name: `${device}-${scheme}`,
    device,
    scheme,
    width: options.viewport.width,
    options: { ...options, colorScheme: scheme, locale: 'en-GB', timezoneId: 'UTC' },
  })),
);

/** The looks with these names. */
export function looks(...names) {
  return names.map((name) => {
    const found = LOOKS.find((look) => look.name === name);
    if (!found) throw new Error(`there is no look ${name}`);
    return found;
  });
}

/** Both devices and both schemes in two looks: for walks through a flow, whose pages `every_page` looks at with each. */
export const DIAGONAL = looks('phone-dark', 'desktop-light');
