// The input of the layers: the six coordinates.

int encode(int pass, vec3 d, vec3 m) {
    if ({{.Share}} == 0) {
        for (int i = 0; i < 3; i++) {
            put(i, d[i]);
            put(3 + i, m[i]);
        }
        put(6, 0.0);
        put(7, 0.0);{{if .Derived}}
        if (leads) {
            for (int i = 0; i < 3; i++) {
                moved(i, dd[i]);
                moved(3 + i, dm[i]);
            }
            moved(6, vec4(0));
            moved(7, vec4(0));
        }{{end}}
    }
    return INPUTS;
}
