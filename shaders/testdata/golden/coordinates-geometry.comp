#version 430

layout(local_size_x = 32) in;

const int TX = 16; // invocations that share a ray
const int TY = 2; // invocations that share an output
const int ACROSS = 8; // of those that share a ray, how many are side by side
const int RAYS = 16; // of a workgroup
const int PARTS = 2;
const int TILE_W = 4; // pixels of a workgroup
const int TILE_H = 2;
const int PASSES = 1; // of the encoding
const int INPUTS = 8; // rows that a pass writes
const int LAYERS = 2; // hidden ones
const int WIDTH = 64; // of each, padded
const int ROWS = 64;
const float PI = 3.14159265;
const float SURE_SPREAD = 0.023; // of a surface whose confidence is ½
const float FARTHEST = 10000.0; // radii up to which a surface is known
const vec3 MIX0 = vec3(0.577350259, 0.577350259, 0.577350259); // of channels
const vec3 MIX1 = vec3(0.707106769, 0.0, -0.707106769); // of channels
const float NOISE = 0.1; // least standard deviation of derivatives

// camera.glsl
#line 10001
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

// moves.glsl
#line 20001
// Derivatives, by dual numbers: of the 8 columns that an invocation has, 4 are the rays of a block of pixels, and 4 are the
// derivatives of the first of these along as many directions of its six coordinates, its moves. What belongs to moves is a
// vec4; what there is of a vector, a mat3x4, one vec4 for each of its coordinates.

layout(location = 12) uniform int base; // which pixel of a block is the first; −1: the top left one, and all get what it meets

const int SHARES = 2 * PARTS;

bool derived;   // whether ray is the column of a move
int own, share; // in the encoding: SHARES invocations share the column of a pixel, and this is one of them
bool leads;     // whether that is the first
mat3x4 dd, dm;  // by how much d and m change, if so, once move was called

// across is a unit vector at right angles to d, a unit vector, or another at right angles to both (Duff et al., Building an
// Orthonormal Basis, Revisited, JCGT 6(1), 2017).
vec3 across(vec3 d, int which) {
    float s = d.z < 0.0 ? -1.0 : 1.0;
    float a = -1.0 / (s + d.z), b = d.x * d.y * a;
    return which == 0 ? vec3(1.0 + s * d.x * d.x * a, s * b, -s * d.x) : vec3(b, s + d.y * d.y * a, -d.y);
}

// move sets by how much a ray changes: two by two, it shifts along a vector across it, and turns towards that about its
// point closest to the origin.
void move(vec3 d, vec3 m) {
    vec3 a = across(d, 0), b = across(d, 1), x = cross(d, m);
    dd = transpose(mat4x3(vec3(0), a, vec3(0), b));
    dm = transpose(mat4x3(cross(a, d), cross(x, a), cross(b, d), cross(x, b)));
}

// crossed is how a × b changes with a.
mat3x4 crossed(mat3x4 da, vec3 b) {
    return mat3x4(da[1] * b.z - da[2] * b.y, da[2] * b.x - da[0] * b.z, da[0] * b.y - da[1] * b.x);
}

// tile.glsl
#line 30001
// The tile: a workgroup evaluates the network for RAYS rays together. An invocation has 8 of them and 4 of the
// WIDTH outputs of a layer, in registers; what goes into the layer, rows of RAYS values, is in shared memory.

layout(std430, binding = 0) readonly buffer Weights { vec4 weights[]; };

shared vec4 act[ROWS * RAYS / 4];
shared float red[16 * RAYS]; // for sums over the invocations that share rays

int id;        // of this invocation in the workgroup
int tx, ty;    // of this invocation in the tile: which outputs, which rays
int ray, part; // in the stages that go ray by ray: PARTS invocations share ray, this is one of them

vec4 a0_0;
vec4 a1_0;
vec4 a2_0;
vec4 a3_0;
vec4 a4_0;
vec4 a5_0;
vec4 a6_0;
vec4 a7_0;

// sync_group.glsl
#line 40001
// Invocations that share rays may be anywhere in the workgroup.
void sync() {
    barrier();
}

// dense_float.glsl
#line 50001
// A layer in float32.

// put sets an input of the layer for own.
void put(int row, float v) {
    act[(row * RAYS + own) / 4][own % 4] = v;
}

// moved sets it for the moves of the first pixel's ray.
void moved(int row, vec4 v) {
    act[row * RAYS / 4 + 2 * ty + 1] = v;
}

// get is an input of the layer for ray.
float get(int row) {
    return act[(row * RAYS + ray) / 4][ray % 4];
}

// pack ends what put began.
void pack(int pass, int rows) {
    sync();
}

vec4 real(int i) {
    return weights[i];
}

const int ROW = WIDTH / 4; // of weights

// multiply adds the products of 4·n rows, from weights[w] on, to the registers. It returns where they end.
int multiply(int pass, int w, int rows) {
    int x = ty * 2;
    for (int k = 0; k < rows; k += 4) {
        {
            vec4 w0 = weights[w + tx + 0 * ROW + 0 * TX];
            vec4 x0 = act[x + 0 * RAYS / 4 + 0];
            vec4 x1 = act[x + 0 * RAYS / 4 + 1];
            a0_0 += x0.x * w0;
            a1_0 += x0.y * w0;
            a2_0 += x0.z * w0;
            a3_0 += x0.w * w0;
            a4_0 += x1.x * w0;
            a5_0 += x1.y * w0;
            a6_0 += x1.z * w0;
            a7_0 += x1.w * w0;
        }
        {
            vec4 w0 = weights[w + tx + 1 * ROW + 0 * TX];
            vec4 x0 = act[x + 1 * RAYS / 4 + 0];
            vec4 x1 = act[x + 1 * RAYS / 4 + 1];
            a0_0 += x0.x * w0;
            a1_0 += x0.y * w0;
            a2_0 += x0.z * w0;
            a3_0 += x0.w * w0;
            a4_0 += x1.x * w0;
            a5_0 += x1.y * w0;
            a6_0 += x1.z * w0;
            a7_0 += x1.w * w0;
        }
        {
            vec4 w0 = weights[w + tx + 2 * ROW + 0 * TX];
            vec4 x0 = act[x + 2 * RAYS / 4 + 0];
            vec4 x1 = act[x + 2 * RAYS / 4 + 1];
            a0_0 += x0.x * w0;
            a1_0 += x0.y * w0;
            a2_0 += x0.z * w0;
            a3_0 += x0.w * w0;
            a4_0 += x1.x * w0;
            a5_0 += x1.y * w0;
            a6_0 += x1.z * w0;
            a7_0 += x1.w * w0;
        }
        {
            vec4 w0 = weights[w + tx + 3 * ROW + 0 * TX];
            vec4 x0 = act[x + 3 * RAYS / 4 + 0];
            vec4 x1 = act[x + 3 * RAYS / 4 + 1];
            a0_0 += x0.x * w0;
            a1_0 += x0.y * w0;
            a2_0 += x0.z * w0;
            a3_0 += x0.w * w0;
            a4_0 += x1.x * w0;
            a5_0 += x1.y * w0;
            a6_0 += x1.z * w0;
            a7_0 += x1.w * w0;
        }
        x += 4 * RAYS / 4;
        w += 4 * ROW;
    }
    return w;
}

// store makes the registers the inputs of the next layer.
void store() {
    act[((0 * TX + tx) * 4 + 0) * RAYS / 4 + ty * 2 + 0] = vec4(a0_0.x, a1_0.x, a2_0.x, a3_0.x);
    act[((0 * TX + tx) * 4 + 0) * RAYS / 4 + ty * 2 + 1] = vec4(a4_0.x, a5_0.x, a6_0.x, a7_0.x);
    act[((0 * TX + tx) * 4 + 1) * RAYS / 4 + ty * 2 + 0] = vec4(a0_0.y, a1_0.y, a2_0.y, a3_0.y);
    act[((0 * TX + tx) * 4 + 1) * RAYS / 4 + ty * 2 + 1] = vec4(a4_0.y, a5_0.y, a6_0.y, a7_0.y);
    act[((0 * TX + tx) * 4 + 2) * RAYS / 4 + ty * 2 + 0] = vec4(a0_0.z, a1_0.z, a2_0.z, a3_0.z);
    act[((0 * TX + tx) * 4 + 2) * RAYS / 4 + ty * 2 + 1] = vec4(a4_0.z, a5_0.z, a6_0.z, a7_0.z);
    act[((0 * TX + tx) * 4 + 3) * RAYS / 4 + ty * 2 + 0] = vec4(a0_0.w, a1_0.w, a2_0.w, a3_0.w);
    act[((0 * TX + tx) * 4 + 3) * RAYS / 4 + ty * 2 + 1] = vec4(a4_0.w, a5_0.w, a6_0.w, a7_0.w);
    sync();
}

// code_of.glsl
#line 60001
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

// geometry.glsl
#line 70001
// What the ray of a pixel meets, for the image of geometry.

layout(binding = 1, rgba32f) uniform writeonly image2D geometry;
layout(location = 11) uniform float radius; // of the scene frame, in the world

// Seen is what lfn.Surface is.
struct Seen {
    float along, spread, confidence;
    vec3 normal;
};

Seen seen; // by the ray, where part is 0

// meets sets what the ray meets at x, in the scene frame, without the normal, as lfn.surfaceAt says; false where that is nothing.
bool meets(vec3 x, float along, float spread, float light) {
    float r = length(x), unsure = spread / (SURE_SPREAD * max(1.0, r));
    seen = Seen(0.0, 0.0, 0.0, vec3(0));
    if (r < FARTHEST && spread < FARTHEST) {
        seen = Seen(along, spread, light / (1.0 + unsure * unsure), vec3(0));
        return true;
    }
    return false;
}

// surface is that of the ray with direction d: see Variant.WithGeometry.
vec4 surface(vec3 d) {
    float distance = seen.along - dot(origin, d);
    if (seen.confidence > 0.0 && distance > 0.0) {
        return vec4(radius * distance, radius * seen.spread, min(seen.confidence, 1.0), codeOf(seen.normal));
    }
    return vec4(0);
}

// derived.glsl
#line 80001
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

// six.glsl
#line 90001
// six puts the six coordinates, and two zeros behind them.
void six(vec3 d, vec3 m) {
    for (int i = 0; i < 3; i++) {
        put(i, d[i]);
        put(3 + i, m[i]);
    }
    put(6, 0.0);
    put(7, 0.0);
    if (leads) {
        move(d, m);
        for (int i = 0; i < 3; i++) {
            moved(i, dd[i]);
            moved(3 + i, dm[i]);
        }
        moved(6, vec4(0));
        moved(7, vec4(0));
    }
}

// coordinates.glsl
#line 100001
// The input of the layers: the six coordinates.

int encode(int pass, vec3 d, vec3 m) {
    if (share == 0) {
        six(d, m);
    }
    return INPUTS;
}

// sum_shared.glsl
#line 110001
// total sums, for each ray of this invocation, a value over the invocations that share it. It ends with all of
// them past their last reading of act.
void total(inout float s0, inout float s1, inout float s2, inout float s3, inout float s4, inout float s5, inout float s6, inout float s7) {
    red[tx * RAYS + ty * 8 + 0] = s0;
    red[tx * RAYS + ty * 8 + 1] = s1;
    red[tx * RAYS + ty * 8 + 2] = s2;
    red[tx * RAYS + ty * 8 + 3] = s3;
    red[tx * RAYS + ty * 8 + 4] = s4;
    red[tx * RAYS + ty * 8 + 5] = s5;
    red[tx * RAYS + ty * 8 + 6] = s6;
    red[tx * RAYS + ty * 8 + 7] = s7;
    sync();
    float sum = 0.0;
    for (int t = part; t < TX; t += PARTS) {
        sum += red[t * RAYS + ray];
    }
    red[part * RAYS + ray] = sum;
    sync();
    s0 = 0.0;
    s1 = 0.0;
    s2 = 0.0;
    s3 = 0.0;
    s4 = 0.0;
    s5 = 0.0;
    s6 = 0.0;
    s7 = 0.0;
    for (int t = 0; t < PARTS; t++) {
        s0 += red[t * RAYS + ty * 8 + 0];
        s1 += red[t * RAYS + ty * 8 + 1];
        s2 += red[t * RAYS + ty * 8 + 2];
        s3 += red[t * RAYS + ty * 8 + 3];
        s4 += red[t * RAYS + ty * 8 + 4];
        s5 += red[t * RAYS + ty * 8 + 5];
        s6 += red[t * RAYS + ty * 8 + 6];
        s7 += red[t * RAYS + ty * 8 + 7];
    }
}

// layer.glsl
#line 120001
// What follows the products of a hidden layer, and the last layer.

// begin empties the registers.
void begin() {
    a0_0 = vec4(0);
    a1_0 = vec4(0);
    a2_0 = vec4(0);
    a3_0 = vec4(0);
    a4_0 = vec4(0);
    a5_0 = vec4(0);
    a6_0 = vec4(0);
    a7_0 = vec4(0);
}

// finish adds the bias, normalises, rectifies and stores.
// The weights are centred over the outputs, so that the mean is 0; 1/σ is positive and commutes with ReLU. The
// derivative of x/σ, of n outputs with Σx² = nσ², is (dx − x·Σx·dx/nσ²)/σ.
void finish(int bias) {
    vec4 b0 = real(bias + 0 * TX + tx);
    a0_0 += b0;
    a1_0 += b0;
    a2_0 += b0;
    a3_0 += b0;
    float s0 = dot(a0_0, a0_0);
    float s1 = dot(a1_0, a1_0);
    float s2 = dot(a2_0, a2_0);
    float s3 = dot(a3_0, a3_0);
    float s4 = dot(a0_0, a4_0);
    float s5 = dot(a0_0, a5_0);
    float s6 = dot(a0_0, a6_0);
    float s7 = dot(a0_0, a7_0);
    float share = real(bias + WIDTH / 4).x; // 1 over the number of outputs
    total(s0, s1, s2, s3, s4, s5, s6, s7);
    s0 = inversesqrt(s0 * share + 1e-5);
    s1 = inversesqrt(s1 * share + 1e-5);
    s2 = inversesqrt(s2 * share + 1e-5);
    s3 = inversesqrt(s3 * share + 1e-5);
    s4 *= share * s0 * s0;
    a4_0 = (a4_0 - s4 * a0_0) * s0;
    s5 *= share * s0 * s0;
    a5_0 = (a5_0 - s5 * a0_0) * s0;
    s6 *= share * s0 * s0;
    a6_0 = (a6_0 - s6 * a0_0) * s0;
    s7 *= share * s0 * s0;
    a7_0 = (a7_0 - s7 * a0_0) * s0;
    a4_0 *= vec4(greaterThan(a0_0, vec4(0)));
    a5_0 *= vec4(greaterThan(a0_0, vec4(0)));
    a6_0 *= vec4(greaterThan(a0_0, vec4(0)));
    a7_0 *= vec4(greaterThan(a0_0, vec4(0)));
    a0_0 = max(a0_0, vec4(0)) * s0;
    a1_0 = max(a1_0, vec4(0)) * s1;
    a2_0 = max(a2_0, vec4(0)) * s2;
    a3_0 = max(a3_0, vec4(0)) * s3;
    store();
}

// last is the last layer, for ray.
vec3 last(int w) {
    vec3 c = vec3(0);
    for (int k = part; k < WIDTH; k += PARTS) {
        c += get(k) * real(w + k).xyz;
    }
    for (int i = 0; i < 3; i++) {
        red[(3 * part + i) * RAYS + ray] = c[i];
    }
    sync();
    c = vec3(0);
    for (int t = 0; t < PARTS; t++) {
        for (int i = 0; i < 3; i++) {
            c[i] += red[(3 * t + i) * RAYS + ray];
        }
    }
    return derived ? c : c + real(w + WIDTH).xyz;
}

// main.glsl
#line 130001
// A tile of the image.

layout(binding = 0, rgba32f) uniform image2D image;

void main() {
    id = int(gl_LocalInvocationIndex);
    tx = id / (ACROSS * TY) * ACROSS + id % ACROSS;
    ty = id / ACROSS % TY;
    ray = ty * 8 + tx % 8;
    part = tx / 8;

    ivec2 tile = (ivec2(gl_WorkGroupID.xy) + corner) * ivec2(TILE_W, TILE_H);
    int column = ray % 8;
    derived = column >= 4;
    own = ray - column + column % 4;
    share = part + PARTS * (column / 4);
    leads = column % 4 == 0;
    ivec2 block = tile + 2 * ivec2(ty % (TILE_W / 2), ty / (TILE_W / 2)); // its top left pixel
    int at = (max(base, 0) + column) % 4;
    ivec2 pixel = block + ivec2(at % 2, at / 2);
    vec3 d, m;
    line(vec2(pixel) + point, d, m);

    begin();
    int w = 0;
    for (int pass = 0; pass < PASSES + LAYERS - 1; pass++) {
        int rows = WIDTH;
        if (pass < PASSES) {
            rows = encode(pass, d, m);
            pack(pass, rows);
        }
        w = multiply(pass, w, rows);
        if (pass < PASSES - 1) {
            sync();
            continue;
        }
        finish(w);
        w += WIDTH / 4 + 1;
        begin();
    }
    vec3 color = last(w);
    gather(color);
    if (part == 0 && column == 0) {
        see(d, m);
        vec4 met = surface(d);
        for (int i = 0; i < 4; i++) {
            ivec2 q = block + ivec2(i % 2, i / 2);
            if ((base < 0 || i == base) && all(lessThan(q, size))) {
                imageStore(geometry, q, met);
            }
        }
    }
    color = clamp(color, 0.0, 1.0) * blend.y;
    if (part == 0 && !derived && all(lessThan(pixel, size))) {
        if (blend.x > 0.0) {
            color += blend.x * imageLoad(image, pixel).rgb;
        }
        imageStore(image, pixel, vec4(color, 1.0));
    }
}
