"""Views: templates, the responses made of them, and messages for the next page."""

from mvc.views.decorator import view
from mvc.views.environment import Templates
from mvc.views.extras import context_processor, template_filter, template_global
from mvc.views.flash import Flash, flash
from mvc.views.response import TemplateResponse, render, render_view, with_template

__all__ = [
    "Flash",
    "TemplateResponse",
    "Templates",
    "context_processor",
    "flash",
    "render",
    "render_view",
    "template_filter",
    "template_global",
    "view",
    "with_template",
]
