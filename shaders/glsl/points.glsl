// The input of the layers: the six coordinates first, then what is known of POINTS points of the ray, some in each pass.

int encode(int pass, vec3 d, vec3 m) {
    if (pass == 0) {
        if (part == 0) {
            for (int i = 0; i < 3; i++) {
                put(i, {{if .Derived}}derived ? dd[i] : {{end}}d[i]);
                put(3 + i, {{if .Derived}}derived ? dm[i] : {{end}}m[i]);
            }
            put(6, 0.0);
            put(7, 0.0);
        }
        return 8;
    }
    chord(d, m);
    for (int i = part; i < PASS_POINTS; i += PARTS) {
        float k = float(min((pass - 1) * PASS_POINTS + i, POINTS - 1));
        at(i * POINT_ROWS, start + k * stride{{if .Derived}}, dstart + k * dstride{{end}});
    }
    for (int k = PASS_POINTS * POINT_ROWS + part; k < INPUTS; k += PARTS) {
        put(k, 0.0);
    }
    return INPUTS;
}
