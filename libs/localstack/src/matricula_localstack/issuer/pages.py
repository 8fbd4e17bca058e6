"""DEV ONLY: the page on which somebody picks who they are. Plain HTML, no script, no style sheet.

Every value is escaped; nothing typed by a visitor is shown.
"""

from collections.abc import Iterable
from html import escape
from string import Template
from typing import Final

from matricula_localstack.issuer.directory import Person

PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

_PAGE: Final = Template("""<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title - development only</title>
<style>
body { font: 1.1rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
fieldset { border: 1px solid; margin: 0 0 1rem; padding: 1rem; }
button { font: inherit; padding: .5rem 1rem; }
label { display: block; padding: .25rem 0; }
:focus-visible { outline: 3px solid; outline-offset: 2px; }
</style>
</head>
<body>
<main>
<h1>$title</h1>
<p><strong>Development only.</strong> Nobody here is real, and there are no passwords.</p>
$content
</main>
</body>
</html>
""")

_FORM: Final = Template("""<form method="post">
<fieldset>
<legend>Who are you?</legend>
$people
</fieldset>
<fieldset>
<legend>How did you sign in?</legend>
<label><input type="checkbox" name="second_factor" value="yes"> With a second factor</label>
</fieldset>
<button type="submit" name="answer" value="continue">Continue</button>
<button type="submit" name="answer" value="cancel" formnovalidate>Cancel</button>
</form>""")

_PERSON: Final = Template(
    '<label><input type="radio" name="person" value="$subject" required$checked> $label</label>'
)


def sign_in_page(people: Iterable[Person], *, hint: str | None) -> str:
    """Return the page that asks who signs in; the hinted person is chosen beforehand."""
    choices = "\n".join(
        _PERSON.substitute(
            subject=escape(person.subject),
            label=escape(person.label),
            checked=" checked" if person.subject == hint else "",
        )
        for person in people
    )
    return _PAGE.substitute(title="Sign in", content=_FORM.substitute(people=choices))


def message_page(title: str, message: str) -> str:
    """Return a page that says one thing."""
    return _PAGE.substitute(title=escape(title), content=f"<p>{escape(message)}</p>")
