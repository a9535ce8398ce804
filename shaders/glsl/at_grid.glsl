// A point: the features of every grid there.

void at(int row, vec3 p{{if .Derived}}, mat3x4 dp{{end}}) {
    vec4 v;{{if .Derived}}
    mat3x4 slope;{{end}}{{range .Grids}}
    v = {{if $.Derived}}fetch_slope(grid{{.}}, p, slope){{else}}fetch(grid{{.}}, p){{end}};
    for (int i = 0; i < 4; i++) { {{- if $.Derived}}
        if (leads) {
            moved(row, dp * vec3(slope[0][i], slope[1][i], slope[2][i]));
        }{{end}}
        put(row++, v[i]);
    }{{end}}
}
