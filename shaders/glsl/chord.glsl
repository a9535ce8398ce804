// The part of a ray inside the unit ball, cut into POINTS equal parts with a sample in the middle of each.

vec3 start;     // the first sample
vec3 stride;    // from one to the next
float spacing;  // its length; 0 for a ray that misses the ball

void chord(vec3 d, vec3 m) {
    vec3 mid = cross(d, m);
    float h2 = 1.0 - dot(mid, mid);
    float h = h2 > 0.0 ? sqrt(h2) : 0.0;
    spacing = 2.0 * h / float(POINTS);
    stride = d * spacing;
    start = h2 > 0.0 ? mid - d * h + 0.5 * stride : mid;
}
