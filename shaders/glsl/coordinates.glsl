// The input of the layers: the six coordinates.

int encode(int pass, vec3 d, vec3 m) {
    if (part == 0) {{"{"}}{{if .Derived}}
        if (derived) {
            d = dd;
            m = dm;
        }{{end}}
        for (int i = 0; i < 3; i++) {
            put(i, d[i]);
            put(3 + i, m[i]);
        }
        put(6, 0.0);
        put(7, 0.0);
    }
    return INPUTS;
}
