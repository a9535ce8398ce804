// codeOf is the inverse of normalOf: what normal_of.glsl says, by steps of 1/2047.
float codeOf(vec3 n) {
    float sum = abs(n.x) + abs(n.y) + abs(n.z);
    if (sum == 0.0) {
        return 0.0;
    }
    vec2 e = n.xy / sum;
    if (n.z < 0.0) {
        e = (1.0 - abs(e.yx)) * vec2(e.x < 0.0 ? -1.0 : 1.0, e.y < 0.0 ? -1.0 : 1.0);
    }
    e = round(e * 2047.0) + 2048.0;
    return e.x + 4096.0 * e.y;
}
