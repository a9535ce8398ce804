// Derivatives, by dual numbers: of the {{.Rays}} columns that an invocation has, the first {{.Values}} are the rays of as many pixels, and
// each further one is the derivative of the first ray's column along a direction of the six coordinates.

const int COLUMNS = {{.Rays}}, VALUES = {{.Values}};

layout(location = 12) uniform int base; // which pixel of a block is the first; −1: the top left one, and all get what it meets

bool derived; // whether ray is a derivative
vec3 dd, dm;  // by how much d and m change, then

// across is a unit vector at right angles to d, a unit vector, or another at right angles to both (Duff et al., Building an
// Orthonormal Basis, Revisited, JCGT 6(1), 2017).
vec3 across(vec3 d, int which) {
    float s = d.z < 0.0 ? -1.0 : 1.0;
    float a = -1.0 / (s + d.z), b = d.x * d.y * a;
    return which == 0 ? vec3(1.0 + s * d.x * d.x * a, s * b, -s * d.x) : vec3(b, s + d.y * d.y * a, -d.y);
}

// move sets the direction of a column, by the ray's coordinates: two by two, the ray is moved along a vector across it, and
// turned towards that about its point closest to the origin.
void move(int column, vec3 d, vec3 m) {
    derived = column >= VALUES;
    dd = dm = vec3(0);
    if (!derived) {
        return;
    }
    vec3 e = across(d, (column - VALUES) / 2);
    if (column % 2 == 0) {
        dm = cross(e, d);
    } else {
        dd = e;
        dm = cross(cross(d, m), e);
    }
}
