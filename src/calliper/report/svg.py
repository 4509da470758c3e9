"""A scene as SVG: presentation attributes only, so that the drawing needs no style sheet, script or font
file.
"""

from __future__ import annotations

from html import escape

from calliper.blocks import GREY, Area, Box, Label, Line, Mark, Paint, Scene, Shape

ARMS = ("#0b5394", "#c4501b", "#2f7d4f", "#8e4a86", "#7a6300", "#3c6e8f")
"""Arm colours after Okabe & Ito (2008), darkened so that text in them reads on white (contrast over 4.5)."""

PAINTS = {"ink": "#1b1b1b", "muted": "#5c6066", "rule": "#d5d8dc", "paper": "#ffffff", "none": "none"}

RESPONSES = {
    "response:CR": "#071d45",
    "response:PR": "#3d8cc4",
    "response:SD": "#d29d31",
    "response:PD": "#a82f27",
    "response:NE": "#c3c7cd",
}
"""Best responses in hues that differ with every kind of colour vision, and in lightness too, so that they can be told
apart in grey.
"""

GRADES = {
    "grade:1": "#f6dfb0",
    "grade:2": "#eab565",
    "grade:3": "#d3722c",
    "grade:4": "#96341a",
    "grade:5": "#3f0f10",
    "grade:unknown": "#c3c7cd",
}
"""Grades of adverse events, the worse the darker, so that they can be told apart in grey."""

GREY_ARMS = ("#1b1b1b", "#757575", "#4f4f4f", "#a8a8a8", "#6c6c6c", "#333333")
"""Arms in shades of grey, neighbours far apart; curves differ in dash too."""

FONT = "Helvetica, Arial, 'Liberation Sans', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"


def render(scene: Scene, *, name: str = "", title: str = "", description: str = "", fonts: str = FONT) -> str:
    """The drawing as an `<svg>` element, complete as a file too.

    `name` is the prefix of the ids of title and description; without a title the drawing is presentational. `fonts`
    are the families asked for, the first first.
    """
    width, height = _number(scene.width), _number(scene.height)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}'
    told = ""
    if title:
        ids = f"{name}-title {name}-desc" if description else f"{name}-title"
        head += f' role="img" aria-labelledby="{_text(ids)}"'
        told = f'<title id="{_text(name)}-title">{_text(title)}</title>'
        if description:
            told += f'<desc id="{_text(name)}-desc">{_text(description)}</desc>'
    else:
        head += ' aria-hidden="true"'
    shapes = "\n".join(_shape(shape) for shape in scene.shapes)
    return f'{head} font-family="{_text(fonts)}">{told}\n{shapes}\n</svg>'


def colour(paint: Paint) -> str:
    """The colour of a paint; arms beyond the palette start again. Raises ValueError for an unknown paint.

    >>> colour("arm:0"), colour("none"), colour("grey arm:0"), colour("grey response:PR")
    ('#0b5394', 'none', '#1b1b1b', '#7b7b7b')
    """
    if paint.startswith(GREY):
        return _shade(paint.removeprefix(GREY))
    if paint.startswith("arm:"):
        return ARMS[int(paint.removeprefix("arm:")) % len(ARMS)]
    named = {**PAINTS, **RESPONSES, **GRADES}
    if paint not in named:
        raise ValueError(f"{paint!r} is not a paint")
    return named[paint]


def _shade(paint: Paint) -> str:
    """The shade of grey as light as the colour; arms have shades of their own, as their colours are as light."""
    if paint.startswith("arm:"):
        return GREY_ARMS[int(paint.removeprefix("arm:")) % len(GREY_ARMS)]
    red, green, blue = (int(colour(paint)[at : at + 2], 16) for at in (1, 3, 5))
    light = round(0.299 * red + 0.587 * green + 0.114 * blue)  # ITU-R BT.601
    return f"#{light:02x}{light:02x}{light:02x}"


def _shape(shape: Shape) -> str:
    if isinstance(shape, Line):
        return _line(shape)
    if isinstance(shape, Area):
        return _area(shape)
    if isinstance(shape, Box):
        return _box(shape)
    return _mark(shape) if isinstance(shape, Mark) else _label(shape)


def _line(line: Line) -> str:
    dash = f' stroke-dasharray="{" ".join(map(_number, line.dash))}"' if line.dash else ""
    opacity = f' stroke-opacity="{_number(line.opacity)}"' if line.opacity != 1.0 else ""
    return (
        f'<polyline points="{_points(line.points)}" fill="none" stroke="{colour(line.stroke)}" '
        f'stroke-width="{_number(line.width)}" stroke-linejoin="miter"{dash}{opacity}/>'
    )


def _area(area: Area) -> str:
    opacity = f' fill-opacity="{_number(area.opacity)}"' if area.opacity != 1.0 else ""
    stroke = f' stroke="{colour(area.stroke)}"' if area.stroke != "none" else ""
    return f'<polygon points="{_points(area.points)}" fill="{colour(area.fill)}"{opacity}{stroke}/>'


def _box(box: Box) -> str:
    radius = f' rx="{_number(box.radius)}"' if box.radius else ""
    corner = f'x="{_number(box.x)}" y="{_number(box.y)}"'
    size = f'width="{_number(box.width)}" height="{_number(box.height)}"'
    return f'<rect {corner} {size} fill="{colour(box.fill)}" stroke="{colour(box.stroke)}"{radius}/>'


def _mark(mark: Mark) -> str:
    x, y, half, paint = mark.x, mark.y, mark.size / 2, colour(mark.paint)
    if mark.shape == "tick":
        ends = _points(((x, y - half), (x, y + half)))
        return f'<polyline points="{ends}" fill="none" stroke="{paint}" stroke-width="1.3"/>'
    if mark.shape == "circle":
        return f'<circle cx="{_number(x)}" cy="{_number(y)}" r="{_number(half)}" fill="{paint}"/>'
    corners = ((-half, -half), (half, -half), (half, half), (-half, half))
    if mark.shape == "diamond":
        corners = ((0.0, -half), (half, 0.0), (0.0, half), (-half, 0.0))
    return f'<polygon points="{_points(tuple((x + dx, y + dy) for dx, dy in corners))}" fill="{paint}"/>'


def _label(label: Label) -> str:
    x, y = _number(label.x), _number(label.y)
    anchor = f' text-anchor="{label.anchor}"' if label.anchor != "start" else ""
    bold = ' font-weight="600"' if label.bold else ""
    turn = f' transform="rotate({_number(label.turn)} {x} {y})"' if label.turn else ""
    key = f' data-key="{_text(label.key)}"' if label.key else ""
    style = f'font-size="{_number(label.size)}" fill="{colour(label.paint)}"'
    return f'<text x="{x}" y="{y}" {style}{anchor}{bold}{turn}{key}>{_text(label.text)}</text>'


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{round(value, 2):g}" if abs(value) < 1e5 else f"{value:.2f}"


def _text(text: str) -> str:
    """Escaped, without the control characters that XML cannot hold."""
    return escape("".join(letter for letter in text if letter >= " " or letter in "\t\n"), quote=True)
