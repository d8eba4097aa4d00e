from mvc import (route, view, redirect, abort, login_required, permission_required, owner_required,
                 Request, JsonResponse)
from app.models import Note                     # app/models/__init__.py re-exports, or import the module

@route("/")                                     # GET (and HEAD, OPTIONS) by default
@view("notes/index.html")                       # dict -> HTML, or JSON when the client prefers it
def index(request: Request):
    return {"notes": Note.select().with_related(Note.author).order_by(-Note.created_at).page(request.query.get("page", 1, int))}

@route("/notes/<id:int>", name="note")          # filters int uint float word hex uuid path re:...; also <int:id> and {id::[0-9]+}
def show(request, id):
    return {"note": Note.get(id)}               # dict/list -> JSON; a missing row is a 404

@route("/notes", methods=["POST"])
@login_required
def create(request):
    note = Note.insert(title=request.form["title"], body=request.form.get("body", ""), author=request.user)   # author: ForeignKey(User)
    return redirect("note", id=note.id)         # 303; a target that starts with / or http is a location, anything else a route name

@route("/notes/<id:int>/delete", methods="POST")
@owner_required(Note)                           # 401/redirect to login, 403, 404 decided here
def delete(request, id, note):
    note.delete()
    return redirect("/")

@route("/admin/stats", lane="pool", timeout=10, max_concurrency=4)
@permission_required("stats.view")
def stats(request): ...
