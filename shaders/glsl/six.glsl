// six puts the six coordinates, and two zeros behind them.
void six(vec3 d, vec3 m) {
    for (int i = 0; i < 3; i++) {
        put(i, d[i]);
        put(3 + i, m[i]);
    }
    put(6, 0.0);
    put(7, 0.0);{{if .Derived}}
    if (leads) {
        move(d, m);
        for (int i = 0; i < 3; i++) {
            moved(i, dd[i]);
            moved(3 + i, dm[i]);
        }
        moved(6, vec4(0));
        moved(7, vec4(0));
    }{{end}}
}
