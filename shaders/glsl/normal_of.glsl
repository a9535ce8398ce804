// normalOf is the unit vector of a code: the octahedron |x| + |y| + |z| = 1 unfolded to a square (Cigolle et al., A Survey of
// Efficient Representations for Independent Unit Vectors, JCGT 2014), 12 bits to a side. The code 0 is no vector.
vec3 normalOf(float code) {
    if (code == 0.0) {
        return vec3(0);
    }
    float row = floor(code / 4096.0);
    vec2 e = (vec2(code - 4096.0 * row, row) - 2048.0) / 2047.0;
    float z = 1.0 - abs(e.x) - abs(e.y);
    if (z < 0.0) {
        e = (1.0 - abs(e.yx)) * vec2(e.x < 0.0 ? -1.0 : 1.0, e.y < 0.0 ? -1.0 : 1.0);
    }
    return normalize(vec3(e, z));
}
