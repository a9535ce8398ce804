// Of present.frag: colours are drawn as they are.

vec3 shown(vec2 at, vec2 p, vec3 render) { return render; }
