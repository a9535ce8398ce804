{{if .Window -}}
// Where the samples of a ray are: the part of it in the cube of the window, cut into POINTS equal parts with a sample
// in the middle of each.
{{else if .Clear -}}
// Where the samples of a ray are: the part of it from where it enters the clear ball, or from its middle where it does
// not, to infinity, cut into POINTS equal parts with a sample in the middle of each.
{{else -}}
// Where the samples of a ray are: the part of it inside the unit ball, cut into POINTS equal parts with a sample in the
// middle of each.
{{end}}{{if .Clear}}
// Sample k is where the distance along the ray from its middle, contracted as 2 − 1/t, is from + k·spacing. In the unit
// ball, from sample entry up to leave, that is start + k·stride.

int entry, leave;
{{end}}{{if or .Clear .Geometry}}
float from;
vec3 middle, along; // of the line, in the cube: a point of it and its direction{{end}}
vec3 start;     // the first sample, in the cube of the grids
vec3 stride;    // from one to the next
float spacing;  // its length; 0 for a ray without samples
{{- if .Derived}}

mat3x4 dstart, dstride; // how they change, where leads
{{- end}}

void chord(vec3 d, vec3 m) {
{{- if .Window}}
    vec3 lineD = DIR_OF_DIR * d + DIR_OF_MOMENT * m;
    vec3 lineM = MOMENT_OF_DIR * d + MOMENT_OF_MOMENT * m;
    float scale = 1.0 / length(lineD);
    d = lineD * scale;
    m = lineM * scale;
    vec3 mid = cross(d, m);{{if .Derived}}
    mat3x4 d1 = scale * (dd * transpose(DIR_OF_DIR) + dm * transpose(DIR_OF_MOMENT));
    mat3x4 m1 = scale * (dd * transpose(MOMENT_OF_DIR) + dm * transpose(MOMENT_OF_MOMENT));
    vec4 longer = d1 * d; // before it is made unit
    d1 -= outerProduct(longer, d);
    m1 -= outerProduct(longer, m);
    mat3x4 dmid = crossed(d1, m) - crossed(m1, d);
    vec4 dlo = vec4(0), dhi = vec4(0);{{end}}
    float lo = -4.0, hi = 4.0;
    for (int i = 0; i < 3; i++) {
        float a = (-1.0 - mid[i]) / d[i], b = (1.0 - mid[i]) / d[i];
        if (a > b) {
            float c = a;
            a = b;
            b = c;
        }
        if (a > lo) { // and is not NaN
            lo = a;{{if .Derived}}
            dlo = -(dmid[i] + a * d1[i]) / d[i];{{end}}
        }
        if (b < hi) {
            hi = b;{{if .Derived}}
            dhi = -(dmid[i] + b * d1[i]) / d[i];{{end}}
        }
    }
{{- else}}
    vec3 mid = cross(d, m);
    float h2 = 1.0 - dot(mid, mid);
    float h = h2 > 0.0 ? sqrt(h2) : 0.0;
    float lo = -h, hi = h;{{if .Derived}}
    mat3x4 d1 = dd, dmid = crossed(dd, m) - crossed(dm, d);
    vec4 dhi = dmid * mid / -h, dlo = -dhi;{{end}}
{{- end}}
{{- if .Clear}}
    lo = 0.0;
    hi = 2.0;
    float c2 = CLEAR * CLEAR - dot(mid, mid);
    if (c2 > 0.0) {
        float c = sqrt(c2);
        lo = c > 1.0 ? 1.0 / c - 2.0 : -c;
    }
    entry = leave = POINTS;
    if (h > 0.0) {
        entry = clamp(int(ceil((-h - lo) / (hi - lo) * float(POINTS) - 0.5)), 0, POINTS);
        leave = clamp(int(ceil((h - lo) / (hi - lo) * float(POINTS) - 0.5)), 0, POINTS);
    }
{{- end}}{{if or .Clear .Geometry}}
    middle = mid;
    along = d;
{{- end}}
    spacing = lo < hi ? (hi - lo) / float(POINTS) : 0.0;
    stride = d * spacing;
    start = spacing > 0.0 ? mid + d * lo + 0.5 * stride : mid;{{if .Window}}
    start.z = min((start.z + 1.0) / FLAT - 1.0, DEEPEST); // grids hold that much of the cube
    stride.z /= FLAT;
    if (!(start.z + float(POINTS - 1) * stride.z <= DEEPEST)) { // or is not a number
        spacing = 0.0;
        stride = vec3(0);
    }{{end}}{{if .Derived}}
    dstart = dmid;
    dstride = mat3x4(0);
    if (spacing > 0.0) {
        dstride = d1 * spacing + outerProduct((dhi - dlo) / float(POINTS), d);
        dstart += d1 * lo + outerProduct(dlo, d) + 0.5 * dstride;
    }{{if .Window}}
    dstart[2] /= FLAT;
    dstride[2] /= FLAT;{{end}}{{end}}{{if or .Clear .Geometry}}
    from = lo + 0.5 * spacing;{{end}}
}
{{- if .Clear}}

// outside is sample k where it is outside of the unit ball: contracted to half of 2 − 1/r.
vec3 outside(int k) {
    float t = from + float(k) * spacing;
    t = t > 1.0 ? 1.0 / (2.0 - t) : t < -1.0 ? -1.0 / (2.0 + t) : t;
    vec3 p = middle + t * along;
    float inv = inversesqrt(dot(middle, middle) + t * t);
    return p * (inv * (1.0 - 0.5 * inv));
}
{{- end}}
