// What the derivatives say.

// gather makes the colours and derivatives of all columns known to those invocations that have the same rays.
void gather(vec3 color) {
    sync();
    if (part == 0) {
        for (int i = 0; i < 3; i++) {
            red[i * RAYS + ray] = color[i];
        }
    }
    sync();
}

// of is what gather has of a column.
vec3 of(int column) {
    int i = 8 * ty + column;
    return vec3(red[i], red[RAYS + i], red[2 * RAYS + i]);
}

// see finds what the first ray meets, as [lfn.Packed.Surfaces] says: by least squares over two mixtures of channels and two
// sides to which it moves.
void see(vec3 d, vec3 m) {
    vec3 s0 = of(4), t0 = of(5), s1 = of(6), t1 = of(7);
    vec4 a = vec4(dot(MIX0, s0), dot(MIX1, s0), dot(MIX0, s1), dot(MIX1, s1));
    vec4 b = vec4(dot(MIX0, t0), dot(MIX1, t0), dot(MIX0, t1), dot(MIX1, t1));
    float steep = dot(a, a), t = dot(a, b) / steep;
    vec4 rest = b - t * a;
    float spread = sqrt((dot(rest, rest) / 3.0 + NOISE * NOISE) / steep);
    seen = Seen(0.0, 0.0, 0.0, vec3(0));
    if (steep > 0.0) {
        meets(cross(d, m) + t * d, t, spread, 1.0);
    }
}
