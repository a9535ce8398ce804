// A point: the features of every grid there.

void at(int row, vec3 p) {
    vec4 v;{{range .Grids}}
    v = fetch(grid{{.}}, p);
    for (int i = 0; i < 4; i++) {
        put(row++, v[i]);
    }{{end}}
}
