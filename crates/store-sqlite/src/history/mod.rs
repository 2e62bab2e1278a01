//! Lists and single objects.
