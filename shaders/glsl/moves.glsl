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
