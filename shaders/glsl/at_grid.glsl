// A point: the features of every grid there.

void at(int row, vec3 p{{if .Derived}}, vec3 dp{{end}}) {
    vec4 v;{{range .Grids}}
    v = {{if $.Derived}}derived ? change(grid{{.}}, p, dp) : {{end}}fetch(grid{{.}}, p);
    for (int i = 0; i < 4; i++) {
        put(row++, v[i]);
    }{{end}}
}
