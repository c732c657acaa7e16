import App from "@/desk/App.vue";
import { startConsole } from "@/shared/start";

void startConsole(App, "/desk");
