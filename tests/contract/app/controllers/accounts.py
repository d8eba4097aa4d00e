"""What the contract leaves to the application: two users and a way to log in as one of them."""

from mvc import User, abort, authenticate, login, on_startup, post


@on_startup
def make_users():
    for name in ("ann", "bob"):
        if User.select().where(User.username == name).first() is None:
            user = User(username=name, email=f"{name}@example.org")
            user.set_password(f"{name} and a long passphrase")
            user.save()


@post("/login")
def sign_in(request):
    user = authenticate(request, request.form["username"], request.form["password"])
    if user is None:
        abort(401)
    login(request, user)
    return {"name": user.username}
