"""The view model in, the geometry of its pictures out; pictures.svg.j2 draws it."""
