// A point: the features of every grid there.

void at(int row, vec3 p) {
    vec4 v;{{range .Grids}}
    v = fetch(grid{{.}}, p);
    for (int i = 0; i < 4; i++) {
        put(row++, v[i]);
    }{{end}}
}
{{- if .Derived}}

// moved_at is what becomes of them as the point moves.
void moved_at(int row, vec3 p, mat3x4 dp) {
    mat3x4 slope;{{range .Grids}}
    slope = slopes(grid{{.}}, p);
    for (int i = 0; i < 4; i++) {
        moved(row++, dp * vec3(slope[0][i], slope[1][i], slope[2][i]));
    }{{end}}
}
{{- end}}
