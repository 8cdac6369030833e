/* Names of the invented people: common ones of several countries, roughly in the order of how common they are, and family names made of two parts, of which there are many. Nobody's list: written for this.
 *
 * A ward has few people of the same name, but it has some, and that is what look-alike warnings are tested on. So names are as uneven as real ones: of a family names a good part are from a list, its
 * beginning far more often than its end; the others are made up and hardly come twice. Chinese family names are few (the first three are a fifth of all) and given names are many.
 */
#include "simulate_internal.h"

static const char *const en_family[] = {
	"Smith", "Johnson", "Williams", "Brown", "Jones", "Davis", "Miller", "Wilson", "Taylor", "Anderson", "Thomas", "Moore", "Jackson", "Martin", "White", "Thompson",
	"Harris", "Clark", "Lewis", "Robinson", "Walker", "Young", "Allen", "King", "Wright", "Scott", "Hill", "Green", "Adams", "Baker", "Nelson", "Carter", "Mitchell",
	"Roberts", "Turner", "Phillips", "Campbell", "Parker", "Evans", "Edwards", "Collins", "Stewart", "Morris", "Rogers", "Reed", "Cook", "Morgan", "Bell", "Murphy", "Bailey",
	"Cooper", "Richardson", "Cox", "Howard", "Ward", "Peterson", "Gray", "James", "Watson", "Brooks", "Kelly", "Sanders", "Price", "Bennett", "Wood", "Barnes", "Ross",
	"Henderson", "Coleman", "Jenkins", "Perry", "Powell", "Long", "Patterson", "Hughes", "Butler", "Simmons", "Foster", "Bryant", "Russell", "Griffin", "Hayes", "Myers",
	"Ford", "Hamilton", "Graham", "Sullivan", "Wallace", "Woods", "Cole", "West", "Jordan", "Owens", "Reynolds", "Fisher", "Ellis", "Harrison", "Gibson", "McDonald",
	"Marshall", "Murray", "Freeman", "Wells", "Webb", "Simpson", "Stevens", "Tucker", "Porter", "Hunter", "Hicks", "Crawford", "Boyd", "Mason", "Kennedy", "Warren", "Dixon",
	"Burns", "Gordon", "Shaw", "Holmes", "Rice", "Robertson", "Hunt", "Black", "Daniels", "Palmer", "Mills", "Grant", "Knight", "Ferguson", "Stone", "Dunn", "Perkins",
	"Hudson", "Spencer", "Gardner", "Payne", "Pierce", "Berry", "Arnold", "Wagner", "Willis", "Ray", "Olson", "Carroll", "Duncan", "Snyder", "Hart", "Cunningham", "Bradley",
	"Lane", "Andrews", "Harper", "Fox", "Riley", "Armstrong", "Carpenter", "Weaver", "Greene", "Lawrence", "Elliott", "Chavis", "Sims", "Austin", "Peters", "Kelley",
	"Franklin", "Lawson", "O'Brien", "O'Connor", "O'Neill", "MacKenzie", "McCarthy", "Fitzgerald", "Doyle", "Byrne", "Nolan", "Quinn", "Brennan", "Gallagher", "Rhys-Jones",
};
static const char *const en_front[] = {
	"Ash", "Black", "Brad", "Clay", "Cran", "Dal", "Ded", "East", "Fair", "Glen", "Hal", "Har", "Haw", "Hart", "Ken", "Kirk", "Lang", "Lin", "Mar", "Mid", "New", "Nor",
	"Oak", "Pem", "Rad", "Red", "Ring", "Rock", "Rush", "Sel", "Shel", "Stan", "Stock", "Sut", "Thorn", "Wal", "Win", "Wood", "Wyn", "Alder", "Bar", "Beck", "Bram", "Car",
	"Chad", "Cot", "Den", "Elm", "Farn",
};
static const char *const en_back[] = {
	"ford", "ley", "ton", "well", "wood", "field", "worth", "ham", "by", "stead", "bourne", "combe", "ridge", "ster", "wick", "den", "man", "dale",
};
static const char *const fr_family[] = {
	"Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy", "Moreau", "Simon", "Laurent", "Lefebvre", "Michel", "Garcia", "David",
	"Bertrand", "Roux", "Vincent", "Fournier", "Morel", "Girard", "André", "Lefèvre", "Mercier", "Dupont", "Lambert", "Bonnet", "François", "Martinez", "Legrand", "Garnier",
	"Faure", "Rousseau", "Blanc", "Guérin", "Muller", "Henry", "Roussel", "Nicolas", "Perrin", "Morin", "Mathieu", "Clément", "Gauthier", "Dumont", "Lopez", "Fontaine",
	"Chevalier", "Robin", "Masson", "Sanchez", "Gérard", "Nguyen", "Boyer", "Denis", "Lemaire", "Duval", "Joly", "Gautier", "Roger", "Roche", "Roy", "Noël", "Meyer", "Lucas",
	"Meunier", "Jean", "Perez", "Marchand", "Dufour", "Blanchard", "Marie", "Barbier", "Brun", "Dumas", "Brunet", "Schmitt", "Leroux", "Colas", "Fernandez", "Renard",
	"Arnaud", "Rolland", "Caron", "Aubert", "Giraud", "Leclerc", "Vidal", "Bourgeois", "Renaud", "Lemoine", "Picard", "Gaillard", "Philippe", "Leclercq", "Lacroix", "Fabre",
	"Dupuis", "Olivier", "Rodriguez", "Hubert", "Charpentier", "Guillot", "Benoît", "Deschamps", "L'Hermite", "Le Goff", "D'Almeida", "Benali", "Traoré", "Diallo", "Haddad",
};
static const char *const fr_front[] = {
	"Beau", "Mont", "Bel", "Clair", "Champ", "Fon", "Grand", "Haute", "Lan", "Mar", "Neu", "Roch", "Saint-", "Vau", "Ville", "Bois", "Cour", "Dau", "Gran", "Long", "Mal",
	"Pier", "Ram", "Val",
};
static const char *const fr_back[] = {
	"court", "mont", "ville", "pré", "champ", "roche", "val", "bois", "tain", "dier", "nier", "reau", "lin", "get", "fort", "vert", "rand", "sac", "gnac",
};
static const char *const de_family[] = {
	"Müller", "Schmidt", "Schneider", "Fischer", "Weber", "Meyer", "Wagner", "Becker", "Schulz", "Hoffmann", "Schäfer", "Koch", "Bauer", "Richter", "Klein", "Wolf",
	"Schröder", "Neumann", "Schwarz", "Zimmermann", "Braun", "Krüger", "Hofmann", "Hartmann", "Lange", "Schmitt", "Werner", "Krause", "Meier", "Lehmann", "Schmid", "Schulze",
	"Maier", "Köhler", "Herrmann", "König", "Walter", "Mayer", "Huber", "Kaiser", "Fuchs", "Peters", "Lang", "Scholz", "Möller", "Weiß", "Jung", "Hahn", "Schubert", "Vogel",
	"Friedrich", "Keller", "Günther", "Frank", "Berger", "Winkler", "Roth", "Beck", "Lorenz", "Baumann", "Franke", "Albrecht", "Schuster", "Simon", "Ludwig", "Böhm",
	"Winter", "Kraus", "Martin", "Schumacher", "Krämer", "Vogt", "Stein", "Jäger", "Otto", "Sommer", "Groß", "Seidel", "Heinrich", "Brandt", "Haas", "Schreiber", "Graf",
	"Dietrich", "Ziegler", "Kuhn", "Kühn", "Pohl", "Engel", "Horn", "Busch", "Bergmann", "Thomas", "Voigt", "Sauer", "Arnold", "Wolff", "Pfeiffer", "Yılmaz", "Kaya", "Demir",
	"Kowalski", "Nowak", "Öztürk", "Aydın",
};
static const char *const de_front[] = {
	"Stein", "Berg", "Wald", "Hof", "Reichen", "Linden", "Eich", "Birk", "Acker", "Rosen", "Gold", "Silber", "Kirch", "Lichten", "Neu", "Alten", "Ober", "Nieder", "Hohen",
	"Grün", "Rot", "Mühl", "Buch", "Tann", "Kalten",
};
static const char *const de_back[] = {
	"mann", "bauer", "bach", "meier", "feld", "thal", "stein", "dorfer", "hauser", "brunner", "müller", "berger", "hofer", "wieser",
};
static const char *const zh_family[] = {
	"王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗", "梁", "宋", "郑", "谢", "韩", "唐", "冯", "于", "董", "萧", "程", "曹", "袁", "邓",
	"许", "傅", "沈", "曾", "彭", "吕", "苏", "卢", "蒋", "蔡", "贾", "丁", "魏", "薛", "叶", "阎", "余", "潘", "杜", "戴", "夏", "钟", "汪", "田", "任", "姜", "范", "方", "石", "姚", "谭", "廖", "邹", "熊",
	"金", "陆", "郝", "孔", "白", "崔", "康", "毛", "邱", "秦", "江", "史", "顾", "侯", "邵", "孟", "龙", "万", "段", "雷", "钱", "汤", "尹", "黎", "易", "常", "武", "乔", "贺", "赖", "龚", "文", "欧阳", "司马",
};
static const char *const es_family[] = {
	"García", "Rodríguez", "González", "Fernández", "López", "Martínez", "Sánchez", "Pérez", "Gómez", "Martín", "Jiménez", "Hernández", "Ruiz", "Díaz", "Moreno", "Muñoz",
	"Álvarez", "Romero", "Gutiérrez", "Alonso", "Navarro", "Torres", "Domínguez", "Ramos", "Vázquez", "Ramírez", "Gil", "Serrano", "Morales", "Molina", "Blanco", "Suárez",
	"Castro", "Ortega", "Delgado", "Ortiz", "Marín", "Rubio", "Núñez", "Medina", "Sanz", "Castillo", "Iglesias", "Cortés", "Garrido", "Santos", "Guerrero", "Lozano", "Cano",
	"Cruz", "Méndez", "Flores", "Prieto", "Herrera", "Peña", "León", "Márquez", "Cabrera", "Gallego", "Calvo", "Vidal", "Campos", "Reyes", "Vega", "Fuentes", "Carrasco",
	"Aguilar", "Caballero", "Nieto", "Santana", "Vargas", "Pascual", "Giménez", "Herrero", "Hidalgo", "Montero", "Lorenzo", "Santiago", "Benítez", "Durán", "Ibáñez", "Arias",
	"Mora", "Ferrer", "Carmona", "Vicente", "Rojas", "Soto", "Crespo", "Román", "Pastor", "Velasco", "Parra", "Sáez", "Moya", "Bravo", "Rivera", "Gallardo", "Soler",
	"Chávez", "Mendoza", "Espinoza", "Contreras", "Figueroa", "Salazar", "Estrada", "Ochoa", "Zamora", "Quintero",
};
static const char *const es_front[] = {
	"Villa", "Monte", "Casa", "Fuen", "Torre", "Peña", "Val", "Sala", "Mira", "Alta", "Campo", "Riba", "Soto", "Mata", "Agui", "Bena",
};
static const char *const es_back[] = {
	"nueva", "verde", "blanca", "flores", "mar", "rubia", "longa", "gosa", "lba", "rroya", "seca", "dero", "vente", "fría", "vides", "real",
};
static const char *const xx_family[] = {
	"Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Đặng", "Bùi", "Patel", "Singh", "Khan", "Kumar", "Sharma", "Gupta", "Shah", "Reddy", "Iyer",
	"Chatterjee", "Ahmed", "Hussain", "Malik", "Begum", "Rahman", "Siddiqui", "Ali", "Hassan", "Ibrahim", "Mohamed", "Abdullah", "Al-Masri", "Farouk", "Mansour", "Khoury",
	"Okafor", "Adeyemi", "Mensah", "Owusu", "Nkosi", "Abebe", "Tesfaye", "Kamara", "Banda", "Mwangi", "Kowalska", "Wiśniewski", "Wójcik", "Kamiński", "Lewandowski",
	"Zieliński", "Novák", "Horváth", "Nagy", "Popescu", "Ionescu", "Ivanova", "Petrov", "Smirnov", "Kuznetsov", "Shevchenko", "Kovalenko", "Rossi", "Russo", "Ferrari",
	"Esposito", "Bianchi", "Romano", "Colombo", "Ricci", "Silva", "Santos", "Ferreira", "Pereira", "Oliveira", "Costa", "Rodrigues", "Almeida", "Hansen", "Johansen", "Olsen",
	"Andersson", "Johansson", "Lindqvist", "Virtanen", "Korhonen", "Jensen", "Nielsen", "de Vries", "Bakker", "Visser", "van den Berg", "Papadopoulos", "Yamamoto", "Tanaka",
	"Suzuki", "Watanabe", "Kim", "Park", "Choi", "Tan", "Wong", "Reyes", "Cruz", "Bautista",
};
static const char *const en_women[] = {
	"Mary", "Patricia", "Jennifer", "Linda", "Elizabeth", "Barbara", "Susan", "Jessica", "Sarah", "Karen", "Lisa", "Nancy", "Betty", "Margaret", "Sandra", "Ashley",
	"Kimberly", "Emily", "Donna", "Michelle", "Carol", "Amanda", "Dorothy", "Melissa", "Deborah", "Stephanie", "Rebecca", "Sharon", "Laura", "Cynthia", "Kathleen", "Amy",
	"Angela", "Shirley", "Anna", "Brenda", "Pamela", "Emma", "Nicole", "Helen", "Samantha", "Katherine", "Christine", "Debra", "Rachel", "Carolyn", "Janet", "Catherine",
	"Maria", "Heather", "Diane", "Ruth", "Julie", "Olivia", "Joyce", "Virginia", "Victoria", "Lauren", "Kelly", "Christina", "Joan", "Evelyn", "Judith", "Megan", "Andrea",
	"Cheryl", "Hannah", "Jacqueline", "Martha", "Gloria", "Teresa", "Ann", "Sara", "Madison", "Frances", "Kathryn", "Janice", "Jean", "Abigail", "Alice", "Julia", "Judy",
	"Sophia", "Grace", "Denise", "Amber", "Doris", "Marilyn", "Danielle", "Beverly", "Isabella", "Theresa", "Diana", "Natalie", "Brittany", "Charlotte", "Marie", "Kayla",
	"Alexis", "Lori",
};
static const char *const en_men[] = {
	"James", "Robert", "John", "Michael", "David", "William", "Richard", "Joseph", "Thomas", "Charles", "Christopher", "Daniel", "Matthew", "Anthony", "Mark", "Donald",
	"Steven", "Paul", "Andrew", "Joshua", "Kenneth", "Kevin", "Brian", "George", "Timothy", "Ronald", "Edward", "Jason", "Jeffrey", "Ryan", "Jacob", "Gary", "Nicholas",
	"Eric", "Jonathan", "Stephen", "Larry", "Justin", "Scott", "Brandon", "Benjamin", "Samuel", "Gregory", "Alexander", "Frank", "Patrick", "Raymond", "Jack", "Dennis",
	"Jerry", "Tyler", "Aaron", "Jose", "Adam", "Nathan", "Henry", "Douglas", "Zachary", "Peter", "Kyle", "Ethan", "Walter", "Noah", "Jeremy", "Christian", "Keith", "Roger",
	"Terry", "Gerald", "Harold", "Sean", "Austin", "Carl", "Arthur", "Lawrence", "Dylan", "Jesse", "Jordan", "Bryan", "Billy", "Joe", "Bruce", "Gabriel", "Logan", "Albert",
	"Willie", "Alan", "Juan", "Wayne", "Elijah", "Randy", "Roy", "Vincent", "Ralph", "Eugene", "Russell", "Bobby", "Mason", "Philip", "Louis", "Liam", "Owen", "Callum",
	"Ewan", "Desmond",
};
static const char *const fr_women[] = {
	"Marie", "Jeanne", "Françoise", "Monique", "Catherine", "Nathalie", "Isabelle", "Jacqueline", "Anne", "Sylvie", "Martine", "Sophie", "Hélène", "Chloé", "Léa", "Manon",
	"Inès", "Camille", "Zoé", "Lucie", "Élodie", "Claire", "Pauline", "Agnès", "Valérie", "Sandrine", "Christine", "Nicole", "Denise", "Simone", "Madeleine", "Yvonne",
	"Marguerite", "Suzanne", "Germaine", "Thérèse", "Odette", "Geneviève", "Michèle", "Danielle", "Colette", "Brigitte", "Chantal", "Patricia", "Véronique", "Corinne",
	"Stéphanie", "Aurélie", "Céline", "Émilie", "Julie", "Laura", "Mathilde", "Alice", "Louise", "Jade", "Emma", "Ambre", "Aïcha", "Fatoumata", "Rokhaya", "Juliette",
	"Margaux", "Clémence",
};
static const char *const fr_men[] = {
	"Jean", "Pierre", "Michel", "André", "Philippe", "René", "Louis", "Alain", "Jacques", "Bernard", "Marcel", "Daniel", "Roger", "Robert", "Paul", "Claude", "Christian",
	"Henri", "Georges", "Nicolas", "François", "Rémi", "Gaël", "Jérôme", "Patrick", "Gérard", "Christophe", "Laurent", "Stéphane", "David", "Frédéric", "Éric", "Olivier",
	"Thierry", "Guy", "Serge", "Raymond", "Lucien", "Maurice", "Émile", "Eugène", "Fernand", "Hugo", "Lucas", "Théo", "Nathan", "Enzo", "Léo", "Arthur", "Gabriel", "Raphaël",
	"Jules", "Antoine", "Maxime", "Alexandre", "Julien", "Sébastien", "Guillaume", "Mathieu", "Mohamed", "Karim", "Mamadou", "Yannick", "Loïc",
};
static const char *const de_women[] = {
	"Anna", "Ursula", "Monika", "Petra", "Sabine", "Renate", "Helga", "Karin", "Brigitte", "Ingrid", "Erika", "Andrea", "Claudia", "Susanne", "Gisela", "Birgit", "Heike",
	"Martina", "Elif", "Käthe", "Jutta", "Lena", "Hannah", "Mia", "Christa", "Gerda", "Hildegard", "Elfriede", "Edith", "Irmgard", "Gertrud", "Margarete", "Rosemarie",
	"Barbara", "Angelika", "Gabriele", "Kerstin", "Silke", "Nicole", "Stefanie", "Katharina", "Julia", "Sandra", "Anja", "Katrin", "Melanie", "Ines", "Emma", "Sophie",
	"Marie", "Leonie", "Lea", "Ayşe", "Fatma", "Zeynep", "Frieda", "Ilse", "Lieselotte", "Waltraud", "Doris",
};
static const char *const de_men[] = {
	"Peter", "Michael", "Thomas", "Andreas", "Wolfgang", "Klaus", "Jürgen", "Günter", "Stefan", "Christian", "Uwe", "Werner", "Horst", "Frank", "Dieter", "Manfred",
	"Gerhard", "Hans", "Bernd", "Mehmet", "Jörg", "Lukas", "Jonas", "Felix", "Heinz", "Karl", "Walter", "Helmut", "Kurt", "Rolf", "Ernst", "Herbert", "Rainer", "Ralf",
	"Matthias", "Martin", "Alexander", "Markus", "Sven", "Jens", "Torsten", "Dirk", "Oliver", "Sebastian", "Florian", "Tobias", "Philipp", "Maximilian", "Leon", "Finn",
	"Paul", "Ben", "Elias", "Mustafa", "Ali", "Emre", "Friedrich", "Otto", "Wilhelm", "Egon",
};
static const char *const zh_first[] = {
	"建", "国", "志", "文", "明", "晓", "小", "春", "秀", "玉", "桂", "丽", "淑", "雅", "思", "子", "嘉", "俊", "浩", "宇", "天", "海", "永", "德", "家", "振", "立", "金", "凤", "美", "雪", "慧", "佳", "梦",
	"欣", "怡", "博", "瑞", "泽", "一",
};
static const char *const zh_women[] = {
	"芳", "娜", "英", "敏", "静", "丽", "艳", "霞", "兰", "燕", "玲", "丹", "萍", "红", "梅", "婷", "洁", "琴", "云", "莲", "珍", "芬", "颖", "琳", "涵", "怡", "妍", "萱", "瑶", "蓉",
};
static const char *const zh_men[] = {
	"伟", "强", "磊", "军", "洋", "勇", "杰", "涛", "明", "超", "刚", "平", "辉", "鹏", "华", "斌", "波", "峰", "龙", "林", "东", "宁", "健", "轩", "豪", "凯", "毅", "飞", "哲", "成",
};
static const char *const es_women[] = {
	"María", "Carmen", "Josefa", "Isabel", "Ana", "Dolores", "Pilar", "Teresa", "Rosa", "Lucía", "Elena", "Paula", "Raquel", "Sofía", "Inés", "Beatriz", "Julia", "Marta",
	"Irene", "Alba", "Nuria", "Eva", "Olga", "Mónica", "Cristina", "Laura", "Antonia", "Francisca", "Mercedes", "Concepción", "Rosario", "Juana", "Manuela", "Encarnación",
	"Ángeles", "Susana", "Margarita", "Silvia", "Patricia", "Andrea", "Sara", "Claudia", "Alejandra", "Valentina", "Camila", "Guadalupe", "Yolanda", "Esperanza", "Consuelo",
	"Gabriela", "Daniela", "Carolina", "Rocío", "Montserrat", "Amparo", "Victoria", "Luisa", "Catalina", "Ximena", "Paloma",
};
static const char *const es_men[] = {
	"José", "Antonio", "Manuel", "Francisco", "Juan", "Pedro", "Jesús", "Ángel", "Luis", "Miguel", "Rafael", "Carlos", "Javier", "Fernando", "Andrés", "Diego", "Sergio",
	"Raúl", "Iván", "Óscar", "Rubén", "Hugo", "Pablo", "Martín", "David", "Daniel", "Alejandro", "Alberto", "Álvaro", "Ramón", "Vicente", "Enrique", "Joaquín", "Santiago",
	"Eduardo", "Víctor", "Roberto", "Jaime", "Ignacio", "Alfonso", "Salvador", "Ricardo", "Emilio", "Julián", "Julio", "Guillermo", "Gabriel", "Tomás", "Agustín", "Gonzalo",
	"Felipe", "Mateo", "Sebastián", "Nicolás", "Emiliano", "Arturo", "Ernesto", "Gustavo", "Rodrigo", "Lorenzo",
};
static const char *const xx_women[] = {
	"Linh", "Hoa", "Mai", "Priya", "Anjali", "Lakshmi", "Fatima", "Aisha", "Khadija", "Maryam", "Zainab", "Noor", "Ngozi", "Amara", "Chiamaka", "Abena", "Wanjiru", "Hanna",
	"Tigist", "Agnieszka", "Małgorzata", "Zofia", "Katarzyna", "Ewa", "Jana", "Ilona", "Zsófia", "Elena", "Ioana", "Svetlana", "Natalia", "Olena", "Oksana", "Giulia",
	"Francesca", "Chiara", "Beatriz", "Inês", "Ingrid", "Astrid", "Freja", "Aino", "Eleni", "Yuki", "Haruka", "Ji-woo", "Mei-Ling", "Siti", "Rosalinda", "Imelda", "Parvati",
	"Sunita", "Rukhsana", "Samira", "Leila",
};
static const char *const xx_men[] = {
	"Minh", "Tuấn", "Hùng", "Raj", "Arjun", "Sanjay", "Vikram", "Imran", "Omar", "Yusuf", "Ahmad", "Mahmoud", "Tariq", "Hamza", "Chidi", "Emeka", "Kwame", "Kofi", "Sipho",
	"Dawit", "Kamau", "Piotr", "Krzysztof", "Andrzej", "Tomasz", "Jan", "Pavel", "László", "István", "Andrei", "Mihai", "Dmitri", "Sergei", "Oleksandr", "Taras", "Marco",
	"Giuseppe", "Matteo", "João", "Tiago", "Lars", "Erik", "Anders", "Mikko", "Dimitrios", "Kenji", "Hiroshi", "Min-jun", "Wei", "Jun", "Rizal", "Jomar", "Ramon", "Bashir",
	"Idris", "Ravi",
};

struct list {
	const char *const *v;
	size_t n;
};
#define LIST(a) {a, ARRAY_LEN(a)}
#define NONE {NULL, 0}
static const struct pool {
	unsigned share, listed; /* of a thousand people; of a thousand family names those from the list */
	struct list family, front, back, women, men, first; /* first: what given names of two parts begin with */
} pools[] = {
	{500, 450, LIST(en_family), LIST(en_front), LIST(en_back), LIST(en_women), LIST(en_men), NONE},
	{120, 400, LIST(fr_family), LIST(fr_front), LIST(fr_back), LIST(fr_women), LIST(fr_men), NONE},
	{90, 500, LIST(de_family), LIST(de_front), LIST(de_back), LIST(de_women), LIST(de_men), NONE},
	{80, 1000, LIST(zh_family), NONE, NONE, LIST(zh_women), LIST(zh_men), LIST(zh_first)},
	{120, 800, LIST(es_family), LIST(es_front), LIST(es_back), LIST(es_women), LIST(es_men), NONE},
	{90, 1000, LIST(xx_family), NONE, NONE, LIST(xx_women), LIST(xx_men), NONE},
};

static const struct pool *pool_of(unsigned script)
{
	return &pools[script % ARRAY_LEN(pools)];
}

unsigned sim_pick_script(struct sim_rng *r)
{
	unsigned at = (unsigned)sim_below(r, 1000), i = 0;
	while (at >= pools[i].share)
		at -= pools[i++].share;
	return i;
}

/* The n-th of a list as often as lists of names fall off: the least of three throws. */
static unsigned uneven(struct sim_rng *r, size_t n)
{
	uint64_t a = sim_below(r, n), b = sim_below(r, n), c = sim_below(r, n);
	a = a < b ? a : b;
	return (unsigned)(a < c ? a : c);
}

unsigned sim_pick_family(struct sim_rng *r, unsigned script)
{
	const struct pool *p = pool_of(script);
	if (sim_chance(r, p->listed))
		return uneven(r, p->family.n);
	return (unsigned)(p->family.n + sim_below(r, p->front.n * p->back.n));
}

unsigned sim_pick_given(struct sim_rng *r, unsigned script, char sex)
{
	const struct pool *p = pool_of(script);
	size_t n = (sex == 'F' ? p->women : p->men).n;
	return p->first.n ? (unsigned)sim_below(r, n * (p->first.n + 1)) : uneven(r, n);
}

const char *sim_family(unsigned script, unsigned i, char out[SIM_NAME])
{
	const struct pool *p = pool_of(script);
	i %= (unsigned)(p->family.n + p->front.n * p->back.n);
	if (i < p->family.n)
		return p->family.v[i];
	i -= (unsigned)p->family.n;
	snprintf(out, SIM_NAME, "%s%s", p->front.v[i % p->front.n], p->back.v[i / p->front.n]);
	return out;
}

const char *sim_given(unsigned script, char sex, unsigned i, char out[SIM_NAME])
{
	const struct pool *p = pool_of(script);
	const struct list *l = sex == 'F' ? &p->women : &p->men;
	unsigned first = (unsigned)(i / l->n % (p->first.n + 1));
	if (!first)
		return l->v[i % l->n];
	snprintf(out, SIM_NAME, "%s%s", p->first.v[first - 1], l->v[i % l->n]);
	return out;
}
