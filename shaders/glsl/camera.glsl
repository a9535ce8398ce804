// The ray of an image point, in the scene frame.

layout(location = 0) uniform ivec2 size;      // of the image, in pixels
layout(location = 1) uniform ivec2 corner;    // first tile of this dispatch
layout(location = 2) uniform vec4 intrinsics; // fx, fy, cx, cy in pixels
layout(location = 3) uniform mat3 rotation;   // camera to world
layout(location = 4) uniform vec3 origin;     // of the camera, in the scene frame
layout(location = 5) uniform vec4 lens0;      // k1, k2, p1, p2: OpenCV's rational model
layout(location = 6) uniform vec4 lens1;      // k3, k4, k5, k6
layout(location = 7) uniform vec2 point;      // of a pixel that the ray goes through, in [0, 1]²
layout(location = 8) uniform vec2 blend;      // weights of what the image holds and of what is new
layout(location = 9) uniform int fisheye;     // 1 where the lens is OpenCV's fisheye of k1 to k4, else 0
layout(location = 10) uniform vec2 shift;     // right and down, of rays in the plane at distance 1: 0 for a pinhole

// distort maps a point of the image plane to where the lens puts it; jac gets ∂x'/∂x, ∂x'/∂y = ∂y'/∂x, ∂y'/∂y.
vec2 distort(vec2 p, out vec3 jac, out float den) {
    float r2 = dot(p, p);
    float num = 1.0 + r2 * (lens0.x + r2 * (lens0.y + r2 * lens1.x));
    den = 1.0 + r2 * (lens1.y + r2 * (lens1.z + r2 * lens1.w));
    float dnum = lens0.x + r2 * (2.0 * lens0.y + r2 * 3.0 * lens1.x);
    float dden = lens1.y + r2 * (2.0 * lens1.z + r2 * 3.0 * lens1.w);
    float s = num / den, ds = 2.0 * (dnum - s * dden) / den;
    vec2 t = lens0.zw;
    jac.x = s + ds * p.x * p.x + 2.0 * t.x * p.y + 6.0 * t.y * p.x;
    jac.y = ds * p.x * p.y + 2.0 * t.x * p.x + 2.0 * t.y * p.y;
    jac.z = s + ds * p.y * p.y + 6.0 * t.x * p.y + 2.0 * t.y * p.x;
    return p * s + 2.0 * p.x * p.y * t + t.yx * (r2 + 2.0 * p * p);
}

// before says whether a point is before the fold of the lens and its poles.
bool before(vec3 jac, float den) {
    return den > 0.0 && jac.x > 0.0 && jac.x * jac.z - jac.y * jac.y > 0.0;
}

// undistort inverts distort by Newton's method, kept before the fold: a step that leads beyond, or away, is halved.
vec2 undistort(vec2 want) {
    vec2 p = want;
    vec3 jac;
    float den;
    vec2 e = want - distort(p, jac, den);
    for (int i = 0; i < 40 && !before(jac, den); i++) {
        p = i < 38 ? p * 0.7 : vec2(0);
        e = want - distort(p, jac, den);
    }
    float halved = 1.0;
    for (int i = 0; i < 60 && halved > 1e-7 && dot(e, e) > 1e-14; i++) {
        vec2 step = halved * vec2(jac.z * e.x - jac.y * e.y, jac.x * e.y - jac.y * e.x) / (jac.x * jac.z - jac.y * jac.y);
        vec3 jac1;
        vec2 e1 = want - distort(p + step, jac1, den);
        if (dot(e1, e1) < dot(e, e) && before(jac1, den)) {
            p += step;
            e = e1;
            jac = jac1;
            halved = 1.0;
        } else {
            halved *= 0.5;
        }
    }
    return p;
}

// radial returns how far from the middle the fisheye puts the angle t from the optical axis, and the derivative.
vec2 radial(float t) {
    float t2 = t * t;
    vec4 k = vec4(lens0.xy, lens1.xy);
    return vec2(t * (1.0 + t2 * (k.x + t2 * (k.y + t2 * (k.z + t2 * k.w)))),
                1.0 + t2 * (3.0 * k.x + t2 * (5.0 * k.y + t2 * (7.0 * k.z + t2 * 9.0 * k.w))));
}

// angle inverts radial on the angles from 0 to where it folds, at most π, or returns that end.
float angle(float r) {
    const float whole = 3.14159265, part = whole / 16.0;
    float lo = 0.0, hi = part;
    vec2 f = radial(hi);
    for (int i = 1; i < 16 && f.x < r && f.y > 0.0; i++) {
        lo = hi;
        hi += part;
        f = radial(hi);
    }
    if (f.x < r && f.y > 0.0) {
        return whole;
    }
    if (f.x < r) {
        for (int i = 0; i < 24; i++) {
            float mid = 0.5 * (lo + hi);
            if (radial(mid).y > 0.0) {
                lo = mid;
            } else {
                hi = mid;
            }
        }
        hi = lo;
        lo = max(lo - part, 0.0);
        if (radial(hi).x < r) {
            return hi;
        }
    }
    // Newton's method between lo and hi, and bisection where it leads out of them.
    float t = 0.5 * (lo + hi);
    for (int i = 0; i < 32; i++) {
        f = radial(t);
        if (f.x < r) {
            lo = t;
        } else {
            hi = t;
        }
        float next = t + (r - f.x) / f.y;
        if (!(next >= lo && next <= hi)) {
            next = 0.5 * (lo + hi);
        }
        if (abs(next - t) <= 1e-7 * t) {
            return next;
        }
        t = next;
    }
    return t;
}

// toward returns the direction that the camera sees at image point uv, in its own axes.
vec3 toward(vec2 uv) {
    vec2 p = (uv - intrinsics.zw) / intrinsics.xy;
    if (fisheye != 0) {
        float r = length(p), t = angle(r);
        return r > 0.0 ? vec3(vec2(p.x, -p.y) / r * sin(t), -cos(t)) : vec3(0, 0, -1);
    }
    if (any(notEqual(lens0, vec4(0))) || any(notEqual(lens1, vec4(0)))) {
        p = undistort(p);
    }
    p += shift;
    return vec3(p.x, -p.y, -1.0);
}

// line computes the Plücker coordinates of the ray through image point uv: direction and moment.
void line(vec2 uv, out vec3 d, out vec3 m) {
    d = normalize(rotation * toward(uv));
    m = cross(origin, d);
}
